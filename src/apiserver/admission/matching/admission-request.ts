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
