import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import type { Random } from "../../base/random.ts";

/**
 * Bytes that one server alone can open: by its own X25519 key, and by a secret that sender and receiver have in common. So
 * who reads etcd learns nothing, also with the common secret of a stolen folder; and who writes etcd cannot send keys of its own.
 */
export interface SealedBox {
  /** The sender's key of this one box, and the rest, base64. */
  readonly sender: string;
  readonly nonce: string;
  readonly sealed: string;
}

export interface BoxKey {
  /** PEM (PKCS #8), PEM (SPKI). */
  readonly privateKey: string;
  readonly publicKey: string;
}

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function newBoxKey(): BoxKey {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    publicKey: publicKey.export({ type: "spki", format: "pem" }) as string,
  };
}

/** @param about says what is in the box and for whom; the box opens only for who says the same */
export function seal(
  plain: Buffer,
  to: { publicKey: string; secret: Buffer; about: string },
  random: Random,
): SealedBox {
  const receiver = createPublicKey(to.publicKey);
  const once = generateKeyPairSync("x25519");
  const nonce = random.bytes(NONCE_BYTES);
  const key = keyOf(diffieHellman({ privateKey: once.privateKey, publicKey: receiver }), once.publicKey, to);
  const cipher = createCipheriv(CIPHER, key, nonce);
  cipher.setAAD(Buffer.from(to.about));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return {
    sender: bytesOf(once.publicKey).toString("base64"),
    nonce: nonce.toString("base64"),
    sealed: sealed.toString("base64"),
  };
}

/** @throws Error when the box is for somebody else, from somebody else, or damaged */
export function open(box: SealedBox, by: { privateKey: string; secret: Buffer; about: string }): Buffer {
  const sender = createPublicKey({ key: Buffer.from(box.sender, "base64"), format: "der", type: "spki" });
  const privateKey = createPrivateKey(by.privateKey);
  const key = keyOf(diffieHellman({ privateKey, publicKey: sender }), sender, by);
  const sealed = Buffer.from(box.sealed, "base64");
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(box.nonce, "base64"), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(by.about));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
}

function keyOf(agreed: Buffer, sender: KeyObject, { secret, about }: { secret: Buffer; about: string }): Buffer {
  const material = Buffer.concat([agreed, secret]);
  return Buffer.from(hkdfSync("sha256", material, bytesOf(sender), `wherry keys: ${about}`, KEY_BYTES));
}

function bytesOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}
