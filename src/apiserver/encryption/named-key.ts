import { createHash, createSecretKey, type KeyObject } from "node:crypto";

/** `keys[]` of an aesgcm, aescbc or secretbox provider. */
export interface NamedKey {
  readonly name: string;
  /** Base64. */
  readonly secret: string;
}

/** The key, what its values begin with, and an identity that says nothing about it but whether it is the same one. */
export function namedKey(
  providerPrefix: string,
  { name, secret }: NamedKey,
): { prefix: string; key: KeyObject; identity: string } {
  const bytes = Buffer.from(secret, "base64");
  const prefix = `${providerPrefix}${name}:`;
  const fingerprint = createHash("sha256").update(prefix).update(bytes).digest("base64url");
  return { prefix, key: createSecretKey(bytes), identity: `${prefix}${fingerprint}` };
}
