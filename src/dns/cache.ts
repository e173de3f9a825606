import type { Clock } from "../base/clock.ts";
import { questionEnd, skipName } from "./wire.ts";

const OPT = 41;
/** Longest time that an answer is kept: CoreDNS' setting in every kubeadm cluster. */
const LIMIT_SECONDS = 30;
const FAILURE_SECONDS = 5;

interface Entry {
  readonly bytes: Buffer;
  readonly ttlOffsets: readonly number[];
  readonly storedMs: number;
  readonly untilMs: number;
}

/** Answers of other servers, for as long as they allow and within bounds of time and number. The oldest goes first. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, capacity = 2000) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** The answer with that id in it and what is left of its times to live. */
  get(key: string, id: number): Buffer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const nowMs = this.#clock.monotonic();
    if (nowMs >= entry.untilMs) {
      this.#entries.delete(key);
      return undefined;
    }
    const bytes = Buffer.from(entry.bytes);
    bytes.writeUInt16BE(id, 0);
    const age = Math.floor((nowMs - entry.storedMs) / 1000);
    for (const offset of entry.ttlOffsets) bytes.writeUInt32BE(Math.max(0, bytes.readUInt32BE(offset) - age), offset);
    return bytes;
  }

  /** Keeps an answer, unless it is truncated, refused or says so itself (time to live 0). */
  put(key: string, bytes: Buffer): void {
    const flags = bytes.readUInt16BE(2);
    const code = flags & 0x000f;
    if ((flags & 0x0200) !== 0 || (code !== 0 && code !== 3)) return;
    const ttlOffsets = ttlOffsetsOf(bytes);
    const seconds = Math.min(LIMIT_SECONDS, ...ttlOffsets.map((offset) => bytes.readUInt32BE(offset)));
    const keptSeconds = ttlOffsets.length === 0 ? FAILURE_SECONDS : seconds;
    if (keptSeconds <= 0) return;
    this.#entries.delete(key);
    if (this.#entries.size >= this.#capacity) this.#entries.delete(this.#entries.keys().next().value as string);
    const storedMs = this.#clock.monotonic();
    this.#entries.set(key, { bytes: Buffer.from(bytes), ttlOffsets, storedMs, untilMs: storedMs + keptSeconds * 1000 });
  }
}

/** Where the times to live stand in a packet. Throws on a packet that ends too early. */
export function ttlOffsetsOf(bytes: Buffer): number[] {
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  const offsets: number[] = [];
  let position = bytes.readUInt16BE(4) === 0 ? 12 : questionEnd(bytes);
  for (let count = 0; count < records; count++) {
    const fixed = skipName(bytes, position);
    if (bytes.readUInt16BE(fixed) !== OPT) offsets.push(fixed + 4);
    position = fixed + 10 + bytes.readUInt16BE(fixed + 8);
  }
  return offsets;
}
