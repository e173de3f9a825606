import type { Random } from "../../base/random.ts";
import { NONCE_BYTES, openGcm, sealGcm } from "./aes-gcm.ts";
import { type NamedKey, namedKey } from "./named-key.ts";
import type { ValueTransformer } from "./transformer.ts";

/** Of a nonce: drawn at random, once for so many writes; the rest counts them. */
const RANDOM_BYTES = 8;
const COUNTER_END = 2 ** 32;

/**
 * Upstream's aesgcm provider, bit for bit. The nonce is 64 random bits, drawn when the transformer is made, and a counter:
 * within a process no nonce comes twice, and two processes of one key meet only if they draw the same 64 bits. (Random nonces
 * of 96 bits alone would wear a key out after 2^32 writes.)
 */
export function aesGcmTransformer(config: NamedKey, random: Random): ValueTransformer {
  const { prefix, key, identity } = namedKey("k8s:enc:aesgcm:v1:", config);
  const head = Buffer.from(prefix);
  const nextNonce = nonces(random);
  return {
    prefix,
    writeIdentity: () => identity,
    encrypt: (value, authenticated) => sealGcm(value, { key, nonce: nextNonce(), authenticated, head }),
    decrypt: (stored, authenticated) => ({
      value: openGcm(stored.subarray(head.length), { key, authenticated }),
      identity,
    }),
  };
}

function nonces(random: Random): () => Buffer {
  let fixed = random.bytes(RANDOM_BYTES);
  let counter = 0;
  return () => {
    if (counter === COUNTER_END) {
      fixed = random.bytes(RANDOM_BYTES);
      counter = 0;
    }
    const nonce = Buffer.allocUnsafe(NONCE_BYTES);
    fixed.copy(nonce);
    nonce.writeUInt32BE(counter++, RANDOM_BYTES);
    return nonce;
  };
}
