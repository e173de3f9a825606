import type { ApiObject } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import type { DefaultObjects } from "./defaults.ts";

/** Says whether a default object follows its default, or is its administrator's. */
export const AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";

export type DefaultsPlan<T> = { readonly create: readonly T[]; readonly update: readonly T[] };

/**
 * What must be written so that the default objects are there: mandatory ones as they are, suggested ones unless an
 * administrator has made them his own (apiserver flowcontrol/ensurer). One that says nothing is his when he has changed it.
 */
export function planDefaults<T extends ApiObject & { spec?: unknown }>(
  stored: ReadonlyMap<string, T>,
  defaults: DefaultObjects<T>,
): DefaultsPlan<T> {
  const create: T[] = [];
  const update: T[] = [];
  for (const [objects, isMandatory] of [
    [defaults.mandatory, true],
    [defaults.suggested, false],
  ] as const) {
    for (const wanted of objects) {
      const found = stored.get(wanted.metadata?.name ?? "");
      if (found === undefined) create.push(annotated(wanted, true));
      else {
        const follows = isMandatory || followsDefault(found);
        const isRight = found.metadata?.annotations?.[AUTO_UPDATE] === String(follows);
        if (isRight && (!follows || equalJson(found.spec, wanted.spec))) continue;
        update.push(annotated(follows ? { ...found, spec: wanted.spec } : found, follows));
      }
    }
  }
  return { create, update };
}

function followsDefault({ metadata }: ApiObject): boolean {
  const said = metadata?.annotations?.[AUTO_UPDATE];
  if (said === "true" || said === "false") return said === "true";
  return metadata?.generation === 1;
}

function annotated<T extends ApiObject>(object: T, follows: boolean): T {
  const annotations = { ...object.metadata?.annotations, [AUTO_UPDATE]: String(follows) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
