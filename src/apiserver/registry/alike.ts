import type { KindDefinition, Likeness } from "../../api/kind.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { Content } from "./codec.ts";
import { type LikeContent, type PreparedContent, prepareLike } from "./like-content.ts";

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

interface Known extends Seen {
  /** Made when a second object like it has come: most of what is made once never comes again. */
  like?: LikeContent | undefined;
}

const faultless = new WeakMap<KindDefinition, readonly Known[]>();

/**
 * What of an object the rules of its kind look at; undefined where they must look themselves.
 *
 * @param content all that stands beside the metadata, as JSON
 */
export function seenOf(likeness: Likeness | undefined, content: string): Seen | undefined {
  if (likeness === undefined || content.length > TEXT_LENGTH_MAX) return undefined;
  const { metadata, ownName } = likeness;
  return { metadata, content: ownName === undefined ? content : content.replaceAll(ownName, OWN_NAME) };
}

/**
 * The content of an object like which several have been found faultless not long ago, without a look at anything but whether
 * each field is the same; undefined where it has to be written and judged.
 */
export function likeContent(kind: KindDefinition, object: ApiObject, likeness: Likeness): PreparedContent | undefined {
  const known = faultless.get(kind);
  if (known === undefined) return undefined;
  for (const { metadata, like } of known) {
    if (like === undefined || metadata !== likeness.metadata) continue;
    const content = like.contentOf(object, likeness.ownName);
    if (content !== undefined) return content;
  }
  return undefined;
}

/** Whether the rules had nothing to say, not even a warning, when they looked at one like it not long ago. */
export function isKnownFaultless(kind: KindDefinition, seen: Seen): boolean {
  return find(kind, seen) !== undefined;
}

function find(kind: KindDefinition, { content, metadata }: Seen): Known | undefined {
  return faultless.get(kind)?.find((each) => each.content === content && each.metadata === metadata);
}

/** Notes that they had nothing to say. */
export function noteFaultless(kind: KindDefinition, seen: Seen): void {
  faultless.set(kind, [{ ...seen, like: undefined }, ...(faultless.get(kind) ?? []).slice(0, REMEMBERED - 1)]);
}

/** Prepares for further objects like this one, which is known to be faultless. */
export function expectMore(
  kind: KindDefinition,
  seen: Seen,
  of: { readonly object: ApiObject; readonly content: Content; readonly ownName: string | undefined },
): void {
  const known = find(kind, seen);
  if (known !== undefined) known.like ??= prepareLike(of.object, of.content, of.ownName);
}
