import { timingSafeEqual } from "node:crypto";
import type { Random } from "../../base/random.ts";
import { type NamedKey, namedKey } from "./named-key.ts";
import { poly1305 } from "./poly1305.ts";
import type { ValueTransformer } from "./transformer.ts";
import { xsalsa20 } from "./xsalsa20.ts";

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
/** The first bytes of the key stream are the key of the authenticator. */
const AUTHENTICATOR_KEY_BYTES = 32;

/** Upstream's secretbox provider: NaCl's XSalsa20 and Poly1305. It does not authenticate the storage key. */
export function secretboxTransformer(config: NamedKey, random: Random): ValueTransformer {
  const { prefix, key, identity } = namedKey("k8s:enc:secretbox:v1:", config);
  const head = Buffer.from(prefix);
  const keyBytes = key.export();
  return {
    prefix,
    writeIdentity: () => identity,
    encrypt(value) {
      const nonce = random.bytes(NONCE_BYTES);
      const { tag, text } = crypt(value, { key: keyBytes, nonce, tagged: "result" });
      return Buffer.concat([head, nonce, tag, text]);
    },
    decrypt: (stored) => ({ value: open(stored.subarray(head.length), keyBytes), identity }),
  };
}

function open(stored: Buffer, key: Buffer): Buffer {
  if (stored.length < NONCE_BYTES + TAG_BYTES) throw new Error("the stored data was shorter than the required size");
  const nonce = stored.subarray(0, NONCE_BYTES);
  const sealed = stored.subarray(NONCE_BYTES + TAG_BYTES);
  const { tag, text } = crypt(sealed, { key, nonce, tagged: "input" });
  if (!timingSafeEqual(tag, stored.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))) {
    throw new Error("the secretbox cannot be opened: the key is another, or the data was changed");
  }
  return text;
}

/** Encrypting and decrypting are the same; the tag is always that of the encrypted side. */
function crypt(
  input: Buffer,
  by: { key: Buffer; nonce: Buffer; tagged: "input" | "result" },
): { tag: Buffer; text: Buffer } {
  const stream = xsalsa20(Buffer.concat([Buffer.alloc(AUTHENTICATOR_KEY_BYTES), input]), by);
  const text = stream.subarray(AUTHENTICATOR_KEY_BYTES);
  const tag = poly1305(by.tagged === "input" ? input : text, stream.subarray(0, AUTHENTICATOR_KEY_BYTES));
  return { tag, text };
}
