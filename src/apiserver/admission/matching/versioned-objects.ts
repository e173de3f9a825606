import type { ApiObject } from "../../../api/meta.ts";
import type { AdmissionAttributes } from "../admission.ts";
import { replaceDraft } from "../admission.ts";
import type { ResourceVersions } from "./resource-versions.ts";
import type { RuleMatch } from "./rules.ts";

/** A request's objects in the version that a rule names. */
export interface VersionedObjects {
  readonly object?: ApiObject | undefined;
  readonly oldObject?: ApiObject | undefined;
}

/** The objects as the matched version shows them; shared, never to be changed. @throws StatusError */
export async function objectsAt(
  match: RuleMatch,
  attributes: AdmissionAttributes,
  versions: ResourceVersions,
): Promise<VersionedObjects> {
  const { object, oldObject, resource } = attributes;
  if (isOwnKind(match, attributes)) return { object, oldObject };
  const show = async (each: ApiObject | undefined): Promise<ApiObject | undefined> =>
    each === undefined ? undefined : versions.convert(each, resource, match.resource);
  return { object: await show(object), oldObject: await show(oldObject) };
}

/**
 * Makes what a webhook or policy made of the object, in the matched version, the draft: unknown fields are dropped and
 * defaults filled in. @throws StatusError, TypeMismatchError
 */
export async function takeMutated(
  mutated: ApiObject,
  match: RuleMatch,
  of: { attributes: AdmissionAttributes & { readonly object: ApiObject }; versions: ResourceVersions },
): Promise<void> {
  const { attributes, versions } = of;
  const { resource, object, subresource } = attributes;
  if (isOwnKind(match, attributes)) {
    replaceDraft(object, isWhole(attributes) ? versions.complete(mutated, resource) : mutated);
    return;
  }
  const completed = versions.complete(mutated, match.resource);
  const back = await versions.convert(completed, match.resource, resource);
  replaceDraft(object, subresource === "" ? versions.complete(back, resource) : back);
}

/** A subresource's own kind (Scale …) is the same whichever version of the resource it is asked through. */
function isOwnKind({ kind }: RuleMatch, attributes: AdmissionAttributes): boolean {
  const own = attributes.kind;
  return kind.group === own.group && kind.version === own.version && kind.kind === own.kind;
}

function isWhole({ kind, resource }: AdmissionAttributes): boolean {
  return kind.group === resource.group && kind.version === resource.version && kind.kind === resource.kind;
}
