import { goPackage } from "../../api/go-package.ts";
import { apiVersionOf, parseApiVersion } from "../../api/meta.ts";
import type { GroupVersionKind } from "../../api/schema.ts";
import { badRequest, type StatusError } from "../../api/status.ts";
import { builtInDefinition } from "./built-in-kinds.ts";

/** Where upstream registers what is built in, as its errors tell it. */
const SCHEME = "pkg/api/legacyscheme/scheme.go:30";
/** Servers of their own upstream, which know their own kinds alone. */
const OWN_SERVERS = ["apiextensions.k8s.io", "apiregistration.k8s.io"];

/** What upstream's decoder says of an object that is of another kind or version than the path's. */
export function refusedKind(got: { apiVersion: string; kind: string }, expected: GroupVersionKind): StatusError {
  const { group, version } = parseApiVersion(got.apiVersion);
  const isAlike = got.kind === expected.kind && goPackage(group) === goPackage(expected.group);
  if (isAlike && (builtInDefinition(got.apiVersion, got.kind) !== undefined || isOfOld(group, version))) {
    return wrongVersion(got.apiVersion, expected);
  }
  const isKnown = !OWN_SERVERS.includes(expected.group) || group === expected.group;
  const why =
    isKnown && builtInDefinition(got.apiVersion, got.kind) !== undefined
      ? `converting (${version}.${got.kind}) to (${goPackage(expected.group)}.${expected.kind}): unknown conversion`
      : `no kind ${JSON.stringify(got.kind)} is registered for version ${JSON.stringify(got.apiVersion)} in scheme ${JSON.stringify(SCHEME)}`;
  return badRequest(
    `${got.kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${why}`,
  );
}

/** What could be read, but is not what the path serves. */
export function wrongVersion(apiVersion: string, expected: GroupVersionKind): StatusError {
  return badRequest(
    `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`,
  );
}

/** Upstream can read versions that nobody serves any more. */
const isOfOld = (group: string, version: string): boolean => group !== "" && /^v\d+(?:alpha|beta)\d+$/.test(version);
