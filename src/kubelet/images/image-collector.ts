import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { RecordedEvent } from "../../client/events.ts";
import type { ImageService } from "../cri/runtime.ts";
import type { Image } from "../cri/state.ts";
import type { FilesystemFacts } from "../host/host.ts";
import { bytesToFree, type ImageRecord, removableImages, updatedRecords, usedPercent } from "./image-garbage.ts";

/** Upstream's period. */
const COLLECT_MS = 5 * 60_000;
/** A start has other things to do. */
const FIRST_MS = 30_000;

export interface ImageCollector {
  /** Removes what nobody uses, until so much was freed. Answers how much was. */
  free(bytes: number): Promise<number>;
  /** Collects whenever the disk of images gets full, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ImageCollectorOptions {
  readonly images: ImageService;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names and ids of images that something on this node needs. */
  inUse(): Promise<ReadonlySet<string>>;
  filesystem(): Promise<FilesystemFacts | undefined>;
  tell(events: readonly RecordedEvent[]): void;
}

/** Removes images that no container uses when their disk is more than 85% full, down to 80%, the least used first. */
export function createImageCollector(options: ImageCollectorOptions): ImageCollector {
  const { images, clock, log } = options;
  let records: ReadonlyMap<string, ImageRecord> = new Map();
  let isFirst = true;

  async function detect(nowMs: number): Promise<void> {
    const [present, used] = await Promise.all([images.listImages(), options.inUse()]);
    const isUsed = ({ id, repoTags, repoDigests }: Image) =>
      [id, ...repoTags, ...repoDigests].some((each) => used.has(each));
    records = updatedRecords(records, present, { isUsed, nowMs, isFirst });
    isFirst = false;
  }

  async function free(bytes: number): Promise<number> {
    const nowMs = clock.monotonic();
    await detect(nowMs);
    const failures: string[] = [];
    let freed = 0;
    for (const { id, sizeBytes, repoTags } of removableImages(records.values(), nowMs)) {
      if (freed >= bytes) break;
      try {
        log.info("removing an image that nobody uses", { image: repoTags[0] ?? id, sizeBytes });
        await images.removeImage(id);
        freed += sizeBytes;
      } catch (error) {
        failures.push(errorMessage(error));
      }
    }
    if (failures.length === 0) return freed;
    const errors = failures.length === 1 ? failures[0] : `[${failures.join(", ")}]`;
    throw new Error(
      `wanted to free ${bytes} bytes, but freed ${freed} bytes space with errors in image deletion: ${errors}`,
    );
  }

  async function collect(): Promise<void> {
    await detect(clock.monotonic());
    const disk = await options.filesystem();
    if (disk === undefined) return;
    if (disk.totalBytes === 0) {
      const message = "invalid capacity 0 on image filesystem";
      options.tell([{ type: "Warning", reason: "InvalidDiskCapacity", message }]);
      throw new Error(message);
    }
    const wanted = bytesToFree(disk);
    if (wanted <= 0) return;
    const freed = await free(wanted);
    if (freed >= wanted) return;
    const message =
      `Insufficient free disk space on the node's image filesystem (${usedPercent(disk)}% of ${gibibytes(disk.totalBytes)} used). ` +
      `Failed to free sufficient space by deleting unused images (freed ${freed} bytes). ` +
      "Investigate disk usage, as it could be used by active images, logs, volumes, or other data.";
    options.tell([{ type: "Warning", reason: "FreeDiskSpaceFailed", message }]);
    throw new Error(message);
  }

  return {
    free,
    async run(signal) {
      let failedBefore = false;
      await sleep(clock, FIRST_MS, signal);
      while (!signal.aborted) {
        try {
          await collect();
          failedBefore = false;
        } catch (error) {
          const message = errorMessage(error);
          log.warn("cannot collect images", { error: message });
          // Once may be chance.
          if (failedBefore) options.tell([{ type: "Warning", reason: "ImageGCFailed", message }]);
          failedBefore = true;
        }
        await sleep(clock, COLLECT_MS, signal);
      }
    },
  };
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
