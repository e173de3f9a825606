import type { KeyValue } from "./messages.ts";

/** A change of which nobody knows whether it was made, and what is there now. */
export interface OpenQuestion {
  /** Revision of what was to be replaced; 0 when nothing was to be there. */
  readonly expectedRevision: number;
  /** Absent: a removal. */
  readonly value: Buffer | undefined;
  /** A revision that etcd had before the change was sent. */
  readonly before: number;
  readonly current: Pick<KeyValue, "mod_revision" | "create_revision" | "value"> | undefined;
}

/** So many later versions of the key are looked through. */
const STEPS_MAX = 32;

/**
 * Whether the change was made: the revision that it got, or that it was certainly not made, or that nobody can know.
 * Goes back from what is there now, version by version, until it meets the change's value (values of objects carry what is
 * unique to the write) or something that was there before.
 * @param at what the key held at a revision
 */
export async function judge(
  question: OpenQuestion,
  at: (revision: number) => Promise<OpenQuestion["current"]>,
): Promise<number | "refused" | "unknown"> {
  const { expectedRevision, value, before } = question;
  let version = question.current;
  for (let step = 0; step < STEPS_MAX; step++) {
    // Removed: by this change or by another's.
    if (version === undefined) return "unknown";
    if (version.mod_revision <= before) return "refused";
    // The key was not removed since, and every later version is known.
    if (expectedRevision > 0 && version.mod_revision === expectedRevision) return "refused";
    if (value !== undefined && version.value.equals(value)) return version.mod_revision;
    const isUnbroken = version.create_revision <= Math.max(before, expectedRevision);
    if (value === undefined && isUnbroken) return "refused";
    if (version.mod_revision === version.create_revision) return "unknown";
    version = await at(version.mod_revision - 1);
  }
  return "unknown";
}
