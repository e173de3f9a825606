/** Writes whose event has not come yet; of more than so many the first are forgotten. */
const WRITES_MAX = 10_000;

interface OwnWrite {
  /** As the caller gave it. */
  readonly value: Buffer;
  /** The change as it is sent, and perhaps sent again. */
  readonly intent: { value: Buffer | undefined };
  revision: number | undefined;
  isGivenOn: boolean;
}

/**
 * Values that this process has written, until the watch brings them back: then the same buffer is given on, because callers
 * know more about it than its bytes (who caused it, its parsed form).
 */
export class OwnWrites {
  readonly #writes = new Map<string, OwnWrite>();

  /** A write of this key begins. The last one counts: a key has one write under way at a time. */
  begin(key: string, intent: { value: Buffer | undefined }): void {
    this.#writes.delete(key);
    if (intent.value === undefined) return;
    if (this.#writes.size >= WRITES_MAX) this.#writes.delete(this.#writes.keys().next().value!);
    this.#writes.set(key, { value: intent.value, intent, revision: undefined, isGivenOn: false });
  }

  /** The write got this revision, or none that is known. */
  end(key: string, revision: number | undefined): void {
    const write = this.#writes.get(key);
    if (write === undefined) return;
    write.revision = revision;
    if (revision === undefined || write.isGivenOn) this.#writes.delete(key);
  }

  /** The buffer that was written at this revision; the bytes that came, in memory of their own, when it was another's. */
  valueOf(key: string, revision: number, bytes: Buffer): Buffer {
    const write = this.#writes.get(key);
    const isOwn =
      write !== undefined &&
      !write.isGivenOn &&
      (write.revision === undefined ? write.value.equals(bytes) : write.revision === revision);
    const copy = (): Buffer => Buffer.from(bytes);
    if (!isOwn) return copy();
    write.isGivenOn = true;
    if (write.revision !== undefined) this.#writes.delete(key);
    // Who gets the buffer may write into its own room in it; what is still to be sent or compared must stay as it was.
    else write.intent.value = copy();
    return write.value;
  }
}
