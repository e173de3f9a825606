import { namespaces } from "../../../api/generated/resources.ts";
import type { AnyObject, ApiObject } from "../../../api/meta.ts";
import { notFound } from "../../../api/status.ts";
import type { ObjectReader } from "../../reader.ts";
import type { AdmissionAttributes } from "../admission.ts";
import type { RequestAuthorizer } from "../matching/cel-authorizer.ts";
import { conditionValues } from "../matching/match-conditions.ts";
import type { RuleMatch } from "../matching/rules.ts";
import type { VersionedObjects } from "../matching/versioned-objects.ts";

/** What the expressions of a policy see, for one parameter. */
export function policyValues(
  attributes: AdmissionAttributes,
  of: {
    match: RuleMatch;
    objects: VersionedObjects;
    authorizer: RequestAuthorizer;
    namespace: unknown;
    param: ApiObject | undefined;
  },
): Record<string, unknown> {
  return { ...conditionValues(attributes, of), namespaceObject: of.namespace, params: of.param ?? null };
}

/** `namespaceObject`: null for requests about objects without a namespace, and about namespaces themselves. @throws StatusError */
export async function namespaceObject(attributes: AdmissionAttributes, reader: ObjectReader): Promise<unknown> {
  const { kind, namespace } = attributes;
  if (namespace === "" || (kind.group === "" && kind.kind === "Namespace")) return null;
  const found: AnyObject | undefined = await reader.get(namespaces as never, undefined, namespace);
  if (found === undefined) throw notFound(namespaces, namespace);
  const { uid, ...metadata } = found.metadata ?? {};
  return { ...found, metadata: { ...metadata, ...(uid !== undefined && { UID: uid }) } };
}
