import type { Image } from "../cri/state.ts";

/** An image of this node, and when it was seen and used; on the monotonic clock. */
export interface ImageRecord {
  readonly image: Image;
  /** -Infinity for those that were there before the kubelet. */
  readonly firstSeenMs: number;
  readonly lastUsedMs: number;
}

/** Upstream's imageGCHighThresholdPercent, imageGCLowThresholdPercent and imageMinimumGCAge. */
const HIGH_PERCENT = 85;
const LOW_PERCENT = 80;
export const MINIMUM_AGE_MS = 2 * 60_000;

/** How much to free so that a disk above the high mark comes down to the low one; 0 when it is below. Pure. */
export function bytesToFree({ totalBytes, availableBytes }: { totalBytes: number; availableBytes: number }): number {
  return usedPercent({ totalBytes, availableBytes }) < HIGH_PERCENT
    ? 0
    : Math.floor((totalBytes * (100 - LOW_PERCENT)) / 100) - availableBytes;
}

export function usedPercent(of: { totalBytes: number; availableBytes: number }): number {
  return 100 - Math.floor((Math.min(of.availableBytes, of.totalBytes) * 100) / of.totalBytes);
}

/** What is known of the images now that these are there and those are used. Pure. */
export function updatedRecords(
  known: ReadonlyMap<string, ImageRecord>,
  images: readonly Image[],
  options: { isUsed(image: Image): boolean; nowMs: number; isFirst: boolean },
): Map<string, ImageRecord> {
  const { nowMs } = options;
  return new Map(
    images.map((image) => {
      const before = known.get(image.id);
      const firstSeenMs = before?.firstSeenMs ?? (options.isFirst ? Number.NEGATIVE_INFINITY : nowMs);
      const lastUsedMs = options.isUsed(image) ? nowMs : (before?.lastUsedMs ?? Number.NEGATIVE_INFINITY);
      return [image.id, { image, firstSeenMs, lastUsedMs }];
    }),
  );
}

/** Images that nobody uses, in the order in which they go: who was not used for longest first. Pure. */
export function removableImages(records: Iterable<ImageRecord>, nowMs: number): Image[] {
  return [...records]
    .filter(({ image, firstSeenMs, lastUsedMs }) => {
      return !image.pinned && lastUsedMs < nowMs && nowMs - firstSeenMs >= MINIMUM_AGE_MS;
    })
    .sort((one, other) => compare(one.lastUsedMs, other.lastUsedMs) || compare(one.firstSeenMs, other.firstSeenMs))
    .map(({ image }) => image);
}

/** Differences of infinities are not numbers. */
function compare(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
