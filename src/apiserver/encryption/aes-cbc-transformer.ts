import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import type { Random } from "../../base/random.ts";
import { type NamedKey, namedKey } from "./named-key.ts";
import type { ValueTransformer } from "./transformer.ts";

const BLOCK_BYTES = 16;

/** Upstream's aescbc provider: AES-CBC with PKCS #7 padding. It authenticates nothing: for data that is there, not for new. */
export function aesCbcTransformer(config: NamedKey, random: Random): ValueTransformer {
  const { prefix, key, identity } = namedKey("k8s:enc:aescbc:v1:", config);
  const head = Buffer.from(prefix);
  return {
    prefix,
    writeIdentity: () => identity,
    encrypt(value) {
      const vector = random.bytes(BLOCK_BYTES);
      const cipher = createCipheriv(cipherName(key), key, vector);
      return Buffer.concat([head, vector, cipher.update(value), cipher.final()]);
    },
    decrypt: (stored) => ({ value: open(stored.subarray(head.length), key), identity }),
  };
}

function open(stored: Buffer, key: KeyObject): Buffer {
  if (stored.length < 2 * BLOCK_BYTES) throw new Error("the stored data was shorter than the required size");
  if (stored.length % BLOCK_BYTES !== 0) throw new Error("the stored data is not a multiple of the block size");
  const decipher = createDecipheriv(cipherName(key), key, stored.subarray(0, BLOCK_BYTES));
  try {
    return Buffer.concat([decipher.update(stored.subarray(BLOCK_BYTES)), decipher.final()]);
  } catch {
    throw new Error("invalid padding on input");
  }
}

function cipherName(key: KeyObject): string {
  return `aes-${(key.symmetricKeySize ?? 0) * 8}-cbc`;
}
