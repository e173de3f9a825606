import type { VersionedMap } from "../memory/versioned-map.ts";

/** A whole compaction of a map at once; answers what it has forgotten. */
export function compactMap(map: VersionedMap, revision: number): number[] {
  const forgotten: number[] = [];
  for (const change of map.beginCompaction(revision) ?? []) map.forgetReplaced(change, forgotten);
  return forgotten;
}
