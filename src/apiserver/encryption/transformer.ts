/**
 * One way to write a value to the disk, with one key. What it wrote begins with its prefix, as upstream's transformers do,
 * so that each value says how to read it.
 */
export interface ValueTransformer {
  /** `k8s:enc:aesgcm:v1:key1:`; empty for values that are kept as they are. */
  readonly prefix: string;
  /** How a value would be written now. One that was read under another identity is stale: the next update writes it anew. */
  writeIdentity(): string;
  /** @param key the key in the engine: it is authenticated, so that a value cannot be moved to another object */
  encrypt(value: Buffer, key: string): Buffer;
  /** Of a stored value with this prefix. @throws Error (or rejects) that says why it cannot be read */
  decrypt(stored: Buffer, key: string): Decrypted | Promise<Decrypted>;
}

export interface Decrypted {
  readonly value: Buffer;
  /** What it was written under, to be compared with writeIdentity. */
  readonly identity: string;
}

/** What every encrypted value begins with. */
const ENCRYPTED_MARK = "k8s:enc:";

export function isEncrypted(stored: Buffer): boolean {
  return startsWith(stored, ENCRYPTED_MARK);
}

export function startsWith(stored: Buffer, prefix: string): boolean {
  return stored.length >= prefix.length && stored.toString("latin1", 0, prefix.length) === prefix;
}
