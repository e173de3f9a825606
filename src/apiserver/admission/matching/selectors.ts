import { namespaces } from "../../../api/generated/resources.ts";
import type { ApiObject } from "../../../api/meta.ts";
import { type LabelSelectorLike, type Labels, labelSelectorOf } from "../../../api/selectors.ts";
import { notFound } from "../../../api/status.ts";
import type { ObjectReader } from "../../reader.ts";
import type { AdmissionAttributes } from "../admission.ts";

/** Both selectors of a webhook or a policy, compiled; absent or empty ones select everything. */
export interface CompiledSelectors {
  readonly namespace?: (labels: Labels | undefined) => boolean;
  readonly object?: (labels: Labels | undefined) => boolean;
}

/** @throws SelectorError */
export function compileSelectors(of: {
  readonly namespaceSelector?: LabelSelectorLike | undefined;
  readonly objectSelector?: LabelSelectorLike | undefined;
}): CompiledSelectors {
  const { namespaceSelector, objectSelector } = of;
  return {
    ...(!selectsAll(namespaceSelector) && { namespace: labelSelectorOf(namespaceSelector) }),
    ...(!selectsAll(objectSelector) && { object: labelSelectorOf(objectSelector) }),
  };
}

function selectsAll(selector: LabelSelectorLike | undefined): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return matchExpressions.length === 0 && Object.keys(matchLabels).length === 0;
}

/** Whether the object or the one before it is selected. */
export function matchesObject({ object: selects }: CompiledSelectors, attributes: AdmissionAttributes): boolean {
  if (selects === undefined) return true;
  const { object, oldObject } = attributes;
  return [object, oldObject].some((each) => each?.metadata !== undefined && selects(each.metadata.labels));
}

/**
 * Whether the request's namespace is selected. Requests about objects without a namespace always are, but for namespaces
 * themselves, which count by their own labels. @throws StatusError NotFound when the namespace is not there
 */
export async function matchesNamespace(
  { namespace: selects }: CompiledSelectors,
  attributes: AdmissionAttributes,
  reader: ObjectReader,
): Promise<boolean> {
  if (selects === undefined) return true;
  const isNamespace = isNamespaceObject(attributes);
  if (attributes.namespace === "" && !isNamespace) return true;
  const { object, operation, subresource } = attributes;
  const isWritten = isNamespace && subresource === "" && (operation === "CREATE" || operation === "UPDATE");
  if (isWritten) return selects(object?.metadata?.labels);
  const name = requestNamespace(attributes);
  const found: ApiObject | undefined = await reader.get(namespaces, undefined, name);
  if (found === undefined) throw notFound(namespaces, name);
  return selects(found.metadata?.labels);
}

/** The namespace that webhooks and policies are told: of a namespace object, its own name. */
export function requestNamespace(attributes: AdmissionAttributes): string {
  return isNamespaceObject(attributes) ? attributes.name : attributes.namespace;
}

function isNamespaceObject({ resource }: AdmissionAttributes): boolean {
  return resource.group === "" && resource.resource === "namespaces";
}
