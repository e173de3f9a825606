import type { ApiObject } from "../../api/meta.ts";

/**
 * So many bytes of JSON belong to the objects of one generation; parsed they take two to three times that. Larger ones save
 * parsing, and cost more: what is kept for two young collections of V8 becomes old, and only a full one frees it.
 */
const GENERATION_BYTES = 256 * 1024;

/**
 * What bytes were parsed from or serialized to, for the little while in which everybody wants it: the answer to the write, all who
 * follow its change. Two generations of bounded size, and whoever is asked for stays in the younger one.
 *
 * Not weak references: a scavenge takes what they point at for alive, so that every object that was ever parsed became old
 * before it could be collected.
 */
export class RecentObjects {
  readonly #generationBytes: number;
  #young = new Map<Buffer, ApiObject>();
  #old = new Map<Buffer, ApiObject>();
  #bytes = 0;

  constructor(generationBytes = GENERATION_BYTES) {
    this.#generationBytes = generationBytes;
  }

  get(bytes: Buffer): ApiObject | undefined {
    const young = this.#young.get(bytes);
    if (young !== undefined) return young;
    const old = this.#old.get(bytes);
    if (old !== undefined) this.set(bytes, old);
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
    this.#old = this.#young;
    this.#young = new Map();
    this.#bytes = 0;
  }
}
