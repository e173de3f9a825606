import { parseCriLine } from "./cri-line.ts";
import type { LogOptions } from "./options.ts";

/** Turns lines of the file into what the client gets. Remembers what spans lines: partial output and the byte limit. */
export class LogSelection {
  readonly #options: LogOptions;
  #leftBytes: number;
  /** Streams whose last line goes on: what follows gets no time of its own. */
  readonly #open = new Set<string>();

  constructor(options: LogOptions) {
    this.#options = options;
    this.#leftBytes = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** The client has all that it asked for. */
  get done(): boolean {
    return this.#leftBytes <= 0;
  }

  /** The bytes to send for these lines. */
  select(lines: readonly Buffer[]): Buffer[] {
    const out: Buffer[] = [];
    for (const line of lines) {
      if (this.done) break;
      for (const part of this.#one(line)) {
        const kept = part.length > this.#leftBytes ? part.subarray(0, this.#leftBytes) : part;
        this.#leftBytes -= kept.length;
        if (kept.length > 0) out.push(kept);
      }
    }
    return out;
  }

  #one(line: Buffer): Buffer[] {
    const parsed = parseCriLine(line);
    if (parsed === undefined) return [];
    const { sinceMs, stream, timestamps } = this.#options;
    if (stream !== undefined && parsed.stream !== stream) return [];
    if (sinceMs !== undefined && Date.parse(parsed.time) < sinceMs) return [];
    const continues = this.#open.has(parsed.stream);
    if (parsed.partial) this.#open.add(parsed.stream);
    else this.#open.delete(parsed.stream);
    return timestamps && !continues ? [Buffer.from(`${fixedTime(parsed.time)} `), parsed.text] : [parsed.text];
  }
}

/** Nine decimals always, as upstream prints it: runtimes leave out final zeros. */
function fixedTime(time: string): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  return match === null ? time : `${match[1]}.${(match[2] ?? "").padEnd(9, "0")}${match[3]}`;
}
