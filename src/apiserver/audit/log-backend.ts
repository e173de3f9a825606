import type { AuditMode } from "../../api/server-settings.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { AuditBackend, CountDropped, Stored } from "./auditor.ts";
import type { AuditEvent } from "./event.ts";
import { legacyLine } from "./legacy-line.ts";
import { LineBlocks, type TakenLines } from "./line-blocks.ts";
import { openRotatedFile, type RotatedFile, type RotationOptions } from "./rotated-file.ts";

export interface LogBackendOptions extends RotationOptions {
  readonly format: "json" | "legacy";
  /** batch when absent. */
  readonly mode?: AuditMode | undefined;
  readonly log: Logger;
  readonly dropped: CountDropped;
}

const NAME = "log";
/** Lines wait so long for company, or until there are so many bytes of them. */
const FLUSH_MS = 200;
const FLUSH_BYTES = 240 * 1024;
/** What a disk that does not keep up may leave waiting: beyond it events are dropped and counted. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
const COMPLAIN_EVERY_MS = 60_000;

/** Audit events as lines of a file, written behind the requests' backs. */
export function logBackend(options: LogBackendOptions): AuditBackend {
  return new LogBackend(options);
}

class LogBackend implements AuditBackend {
  readonly name = NAME;
  readonly #options: LogBackendOptions;
  readonly #clock: Clock;
  readonly #lines = new LineBlocks();
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  /** Resolves when the lines that wait now are written, or lost. */
  #next: PromiseWithResolvers<boolean> | undefined;
  #file: RotatedFile | undefined;
  #complainedMs = Number.NEGATIVE_INFINITY;

  constructor(options: LogBackendOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  write(event: AuditEvent, text: string): Stored {
    const { mode = "batch" } = this.#options;
    const line = this.#options.format === "json" ? text : legacyLine(event);
    if (this.#lines.bytes + line.length > WAITING_BYTES_MAX) {
      this.#options.dropped(NAME, 1);
      return mode === "blocking-strict" ? Promise.resolve(false) : undefined;
    }
    this.#lines.add(line);
    if (mode !== "batch") {
      this.#next ??= Promise.withResolvers();
      const { promise } = this.#next;
      this.#flush();
      return mode === "blocking-strict" ? promise : promise.then(() => true);
    }
    if (this.#lines.bytes >= FLUSH_BYTES) this.#flush();
    else this.#timer ??= this.#clock.setTimer(() => this.#flush(), FLUSH_MS);
    return undefined;
  }

  async close(): Promise<void> {
    do {
      this.#flush();
      await this.#writing;
    } while (this.#lines.count > 0);
    await this.#file?.close();
    this.#file = undefined;
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#writing !== undefined || this.#lines.count === 0) return;
    const taken = this.#lines.takeAll();
    const waiting = this.#next;
    this.#next = undefined;
    this.#writing = this.#append(taken).then((isStored) => {
      this.#lines.giveBack(taken.blocks);
      waiting?.resolve(isStored);
      this.#writing = undefined;
      if (this.#next !== undefined) this.#flush();
      else if (this.#lines.count > 0) this.#timer ??= this.#clock.setTimer(() => this.#flush(), FLUSH_MS);
    });
  }

  async #append({ blocks, count }: TakenLines): Promise<boolean> {
    try {
      this.#file ??= await openRotatedFile(this.#options);
      for (const block of blocks) await this.#file.append(block);
      return true;
    } catch (error) {
      this.#options.dropped(NAME, count);
      await this.#file?.close().catch(() => {});
      this.#file = undefined;
      const nowMs = this.#clock.monotonic();
      if (nowMs - this.#complainedMs < COMPLAIN_EVERY_MS) return false;
      this.#complainedMs = nowMs;
      this.#options.log.error("audit events could not be written", {
        path: this.#options.path,
        events: count,
        error: errorMessage(error),
      });
      return false;
    }
  }
}
