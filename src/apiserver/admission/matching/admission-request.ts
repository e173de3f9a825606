import type { CelType } from "../../../api/cel/cel.ts";
import type { GroupVersionKind } from "../../../api/schema.ts";
import type { UserInfo } from "../../authn/authenticator.ts";
import type { AdmissionAttributes } from "../admission.ts";
import type { GroupVersionResource } from "./resource-versions.ts";
import type { RuleMatch } from "./rules.ts";
import { requestNamespace } from "./selectors.ts";

/** `AdmissionRequest` of admission.k8s.io without its objects and its uid: what expressions see as `request`. */
export interface AdmissionRequestFacts {
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subResource?: string;
  readonly requestKind: GroupVersionKind;
  readonly requestResource: GroupVersionResource;
  readonly requestSubResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: string;
  readonly userInfo: AdmissionUser;
  readonly dryRun: boolean;
  readonly options: object | null;
}

interface AdmissionUser {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A request as webhooks and expressions are told of it, seen as the resource and kind that a rule matched. */
export function admissionRequest(attributes: AdmissionAttributes, match: RuleMatch): AdmissionRequestFacts {
  const { subresource, name, resource, options = null } = attributes;
  const namespace = requestNamespace(attributes);
  return {
    kind: match.kind,
    resource: match.resource,
    ...(subresource !== "" && { subResource: subresource }),
    requestKind: attributes.kind,
    requestResource: { group: resource.group, version: resource.version, resource: resource.resource },
    ...(subresource !== "" && { requestSubResource: subresource }),
    ...(name !== "" && { name }),
    ...(namespace !== "" && { namespace }),
    operation: attributes.operation,
    userInfo: userOf(attributes.user),
    dryRun: attributes.dryRun,
    options,
  };
}

function userOf({ name, uid, groups, extra }: UserInfo): AdmissionUser {
  return {
    username: name,
    ...(uid !== undefined && uid !== "" && { uid }),
    groups,
    ...(extra !== undefined && Object.keys(extra).length > 0 && { extra }),
  };
}

const text: CelType = { kind: "string" };
const kindType: CelType = {
  kind: "object",
  name: "kubernetes.GroupVersionKind",
  plainNames: true,
  fields: { group: text, version: text, kind: text },
};
const resourceType: CelType = {
  kind: "object",
  name: "kubernetes.GroupVersionResource",
  plainNames: true,
  fields: { group: text, version: text, resource: text },
};
const userType: CelType = {
  kind: "object",
  name: "kubernetes.UserInfo",
  plainNames: true,
  fields: {
    username: text,
    uid: text,
    groups: { kind: "list", element: text },
    extra: { kind: "map", value: { kind: "list", element: text } },
  },
};

/** The type of `request` in expressions (upstream: plugin/cel.BuildRequestType). */
export const requestType: CelType = {
  kind: "object",
  name: "kubernetes.AdmissionRequest",
  plainNames: true,
  fields: {
    kind: kindType,
    resource: resourceType,
    subResource: text,
    requestKind: kindType,
    requestResource: resourceType,
    requestSubResource: text,
    name: text,
    namespace: text,
    operation: text,
    userInfo: userType,
    dryRun: { kind: "boolean" },
    options: { kind: "dynamic" },
  },
};
