import type { CelType } from "../../api/cel/cel.ts";
import { type OpenApiSchema, openApiTypes } from "../../api/cel/openapi-types.ts";
import type { NamedRuleWithOperations } from "../../api/generated/admissionregistration.k8s.io/v1.ts";
import type { GroupVersionKind } from "../../api/schema.ts";
import { isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { resourcesOf } from "../discovery.ts";
import type { CheckedKind } from "./type-check.ts";

const MOST_KINDS = 10;

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** The resources that rules name outright: rules with wildcards say nothing of types. */
export function namedResources(rules: readonly NamedRuleWithOperations[]): GroupVersionResource[] {
  return rules.flatMap(({ apiGroups = [], apiVersions = [], resources = [] }) => {
    if ([...apiGroups, ...apiVersions].some((name) => name.includes("*"))) return [];
    const plain = resources.filter((resource) => !/[*/]/.test(resource)).toSorted();
    return apiGroups
      .toSorted()
      .flatMap((group) =>
        apiVersions.toSorted().flatMap((version) => plain.map((resource) => ({ group, version, resource }))),
      );
  });
}

/** Types of kinds, as the API server's discovery and OpenAPI documents tell them. */
export interface KindTypes {
  /** At most ten kinds, in order; those that are not served are left out. */
  ofResources(resources: readonly GroupVersionResource[]): Promise<CheckedKind[]>;
  /** Undefined when it is not served. */
  ofKind(kind: GroupVersionKind): Promise<CelType | undefined>;
}

interface OpenApiDocument {
  readonly components?: { readonly schemas?: Readonly<Record<string, OpenApiSchema & Marked>> };
}

interface Marked {
  readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[];
}

/** Asks at each call anew, once for each group version: definitions come and go. */
export function kindTypes(client: Client): KindTypes {
  const documents = new Map<string, Promise<(kind: string) => CelType | undefined>>();
  const documentOf = (group: string, version: string) => {
    const path = group === "" ? `api/${version}` : `apis/${group}/${version}`;
    const known = documents.get(path) ?? readDocument(client, path, { group, version });
    documents.set(path, known);
    return known;
  };
  const ofKind: KindTypes["ofKind"] = async ({ group, version, kind }) => (await documentOf(group, version))(kind);
  return {
    ofKind,
    async ofResources(resources) {
      const kinds: CheckedKind[] = [];
      for (const { group, version, resource } of resources) {
        const found = (await resourcesIn(client, group, version)).find((each) => each.resource === resource);
        if (found === undefined) continue;
        const kind = { group, version, kind: found.kind };
        if (kinds.some((other) => keyOf(other.kind) === keyOf(kind))) continue;
        const type = await ofKind(kind);
        if (type !== undefined) kinds.push({ kind, type });
        if (kinds.length === MOST_KINDS) break;
      }
      return kinds.sort((a, b) => (keyOf(a.kind) < keyOf(b.kind) ? -1 : 1));
    },
  };
}

const keyOf = ({ group, version, kind }: GroupVersionKind): string => `${group}/${version}/${kind}`;

async function resourcesIn(client: Client, group: string, version: string) {
  const groupVersion = group === "" ? version : `${group}/${version}`;
  const path = group === "" ? `/api/${version}` : `/apis/${groupVersion}`;
  return resourcesOf(groupVersion, await readOr({}, () => client.transport.request({ method: "GET", path })));
}

async function readDocument(client: Client, path: string, of: { group: string; version: string }) {
  const document = await readOr({}, async () => {
    const text = await client.transport.text({ method: "GET", path: `/openapi/v3/${path}` });
    return JSON.parse(text) as OpenApiDocument;
  });
  const schemas = document.components?.schemas ?? {};
  const types = openApiTypes(schemas);
  return (kind: string): CelType | undefined => {
    const isKind = (each: GroupVersionKind) =>
      each.kind === kind && each.group === of.group && each.version === of.version;
    const found = Object.entries(schemas).find(([, schema]) => schema["x-kubernetes-group-version-kind"]?.some(isKind));
    return found === undefined ? undefined : types(found[0]);
  };
}

/** The fallback when there is no such group version. */
async function readOr<T>(fallback: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error)) return fallback;
    throw error;
  }
}
