import type { ApiObject } from "../../api/meta.ts";

/** So many bytes of JSON belong to the objects of one generation; parsed they take two to three times that. */
const GENERATION_BYTES = 256 * 1024;
/** In a burst objects are asked for again after many others: a generation may grow to so many times that. */
const GROWTH_MAX = 8;
/** It grows when so many were asked for again soon after they had been forgotten, against those of a generation. */
const MISSED_PART = 1 / 16;
/** It shrinks after so many of which none was missed: sooner, and a steady burst finds it too small every other time. */
const CALM_GENERATIONS = 8;

/**
 * What bytes were parsed from or serialized to, for the little while in which everybody wants it: the answer to the write, all who
 * follow its change. Two generations of bounded size, and whoever is asked for stays in the younger one. The bound follows
 * what is missed.
 *
 * Not weak references: a scavenge takes what they point at for alive, so that every object that was ever parsed became old
 * before it could be collected.
 */
export class RecentObjects {
  readonly #leastBytes: number;
  #generationBytes: number;
  #young = new Map<Buffer, ApiObject>();
  #old = new Map<Buffer, ApiObject>();
  /** What was let go of lately, and is not kept by that. */
  #forgotten = new WeakSet<Buffer>();
  #forgottenBytes = 0;
  #missed = 0;
  #calmGenerations = 0;
  #bytes = 0;

  constructor(generationBytes = GENERATION_BYTES) {
    this.#leastBytes = generationBytes;
    this.#generationBytes = generationBytes;
  }

  get(bytes: Buffer): ApiObject | undefined {
    const young = this.#young.get(bytes);
    if (young !== undefined) return young;
    const old = this.#old.get(bytes);
    if (old !== undefined) this.set(bytes, old);
    else if (this.#forgotten.delete(bytes)) this.#missed++;
    return old;
  }

  set(bytes: Buffer, object: ApiObject): void {
    if (!this.#young.has(bytes)) {
      if (this.#bytes + bytes.length > this.#generationBytes && this.#young.size > 0) this.#age();
      this.#bytes += bytes.length;
    }
    this.#young.set(bytes, object);
  }

  /** Nobody will want it any more: it need not wait for its generation's end, and leaves its room to others. */
  delete(bytes: Buffer): void {
    if (this.#young.delete(bytes)) this.#bytes -= bytes.length;
    else this.#old.delete(bytes);
  }

  #age(): void {
    this.#adaptBound();
    if (this.#forgottenBytes > this.#leastBytes * GROWTH_MAX) {
      this.#forgotten = new WeakSet();
      this.#forgottenBytes = 0;
    }
    for (const bytes of this.#old.keys()) {
      this.#forgotten.add(bytes);
      this.#forgottenBytes += bytes.length;
    }
    this.#old = this.#young;
    this.#young = new Map();
    this.#bytes = 0;
  }

  #adaptBound(): void {
    const isTooSmall = this.#missed > this.#young.size * MISSED_PART;
    this.#calmGenerations = this.#missed === 0 ? this.#calmGenerations + 1 : 0;
    this.#missed = 0;
    if (isTooSmall) {
      this.#generationBytes = Math.min(this.#leastBytes * GROWTH_MAX, this.#generationBytes * 2);
    } else if (this.#calmGenerations >= CALM_GENERATIONS) {
      this.#calmGenerations = 0;
      this.#generationBytes = Math.max(this.#leastBytes, this.#generationBytes / 2);
    }
  }
}
