import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** AES-GCM of a value behind `head` (which is not encrypted): head, nonce, ciphertext, tag. */
export function sealGcm(
  value: Buffer,
  by: { key: KeyObject; nonce: Buffer; authenticated: string; head: Buffer },
): Buffer {
  const { key, nonce, authenticated, head } = by;
  const cipher = createCipheriv(cipherName(key), key, nonce);
  cipher.setAAD(Buffer.from(authenticated));
  const sealed = cipher.update(value);
  cipher.final();
  return Buffer.concat([head, nonce, sealed, cipher.getAuthTag()]);
}

/** The key is another, a bit has changed, or the value is tied to something else. */
export class AuthenticationError extends Error {
  override name = "AuthenticationError";
}

/** Opens nonce, ciphertext, tag. @throws AuthenticationError; Error for what is no such value */
export function openGcm(stored: Buffer, by: { key: KeyObject; authenticated: string }): Buffer {
  if (stored.length < NONCE_BYTES + TAG_BYTES) throw new Error("the stored data was shorter than the required size");
  const decipher = createDecipheriv(cipherName(by.key), by.key, stored.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(by.authenticated));
  decipher.setAuthTag(stored.subarray(stored.length - TAG_BYTES));
  const value = decipher.update(stored.subarray(NONCE_BYTES, stored.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw new AuthenticationError("cipher: message authentication failed");
  }
  return value;
}

function cipherName(key: KeyObject): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  const bits = (key.symmetricKeySize ?? 0) * 8;
  if (bits === 128 || bits === 192 || bits === 256) return `aes-${bits}-gcm`;
  throw new Error(`an AES key has 16, 24 or 32 bytes, not ${bits / 8}`);
}
