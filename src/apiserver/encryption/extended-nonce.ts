import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { Random } from "../../base/random.ts";
import { NONCE_BYTES, openGcm, sealGcm } from "./aes-gcm.ts";

const INFO_BYTES = 32;
const FIRST_BLOCK = Buffer.of(1);

/**
 * AES-GCM with a key of its own for every write, derived from a seed by HKDF-Expand over 32 random bytes that are kept in
 * front of the value: a seed never wears out (upstream's NewHKDFExtendedNonceGCMTransformer).
 */
export function sealExtended(value: Buffer, by: { seed: KeyObject; authenticated: string; random: Random }): Buffer {
  const info = by.random.bytes(INFO_BYTES);
  const nonce = by.random.bytes(NONCE_BYTES);
  return sealGcm(value, { key: derivedKey(by.seed, info), nonce, authenticated: by.authenticated, head: info });
}

/** @throws Error when it cannot be read with this seed */
export function openExtended(stored: Buffer, by: { seed: KeyObject; authenticated: string }): Buffer {
  if (stored.length < INFO_BYTES) throw new Error("the stored data was shorter than the required size");
  const key = derivedKey(by.seed, stored.subarray(0, INFO_BYTES));
  return openGcm(stored.subarray(INFO_BYTES), { key, authenticated: by.authenticated });
}

/** The first block of HKDF-Expand (RFC 5869) with SHA-256 is just as long as the key. */
function derivedKey(seed: KeyObject, info: Buffer): KeyObject {
  return createSecretKey(createHmac("sha256", seed).update(info).update(FIRST_BLOCK).digest());
}
