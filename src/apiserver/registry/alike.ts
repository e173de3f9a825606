import type { KindDefinition } from "../../api/kind.ts";
import type { ApiObject } from "../../api/meta.ts";

/** So many different objects of a kind are remembered, the latest first. */
const REMEMBERED = 8;
const TEXT_LENGTH_MAX = 32_768;
/** JSON has no such character: where a name stood there can be nothing else. */
const OWN_NAME = "\u0000";

/** An object as the rules of its kind see it. */
export interface Seen {
  readonly content: string;
  readonly metadata: string;
}

const faultless = new WeakMap<KindDefinition, readonly Seen[]>();

/**
 * What of an object the rules of its kind look at; undefined where they must look themselves.
 *
 * @param content all that stands beside the metadata, as JSON
 */
export function seenOf(kind: KindDefinition | undefined, object: ApiObject, content: string): Seen | undefined {
  const likeness = content.length > TEXT_LENGTH_MAX ? undefined : kind?.likeness?.(object);
  if (likeness === undefined) return undefined;
  const { metadata, ownName } = likeness;
  return { metadata, content: ownName === undefined ? content : content.replaceAll(ownName, OWN_NAME) };
}

/** Whether the rules had nothing to say, not even a warning, when they looked at one like it not long ago. */
export function isKnownFaultless(kind: KindDefinition, { content, metadata }: Seen): boolean {
  const known = faultless.get(kind);
  return known?.some((each) => each.content === content && each.metadata === metadata) === true;
}

/** Notes that they had nothing to say. */
export function noteFaultless(kind: KindDefinition, seen: Seen): void {
  faultless.set(kind, [seen, ...(faultless.get(kind) ?? []).slice(0, REMEMBERED - 1)]);
}
