/** Before 3.4 there are no progress requests at all. */
const OLDEST = [3, 4, 0] as const;
/**
 * From these on an answer to a progress request never overtakes events (etcd issue 15220); upstream asks for the same
 * (storage/feature RequestWatchProgress).
 */
const SOUND_PROGRESS = [
  [3, 4, 31],
  [3, 5, 13],
] as const;

export function isSupported(version: string): boolean {
  return compare(parse(version), OLDEST) >= 0;
}

/** True when "I have sent everything up to here" of this version can be believed. */
export function hasSoundProgress(version: string): boolean {
  const asked = parse(version);
  const ofSameMinor = SOUND_PROGRESS.find(([major, minor]) => asked[0] === major && asked[1] === minor);
  return ofSameMinor === undefined ? compare(asked, [3, 6, 0]) >= 0 : compare(asked, ofSameMinor) >= 0;
}

function parse(version: string): readonly number[] {
  return (/^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (let place = 0; place < right.length; place++) {
    const difference = (left[place] ?? -1) - right[place]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
