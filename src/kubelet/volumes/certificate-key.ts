import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import { bitString, explicit, integer, nothing, objectIdentifier, sequence } from "../../base/der.ts";

const generate = promisify(generateKeyPair) as unknown as (
  type: string,
  options: Record<string, unknown>,
) => Promise<{ privateKey: KeyObject }>;

interface KeyType {
  readonly type: string;
  readonly options: Record<string, unknown>;
  /** Of a signature by such a key: its object identifier, its digest, and whether its parameters are an ASN.1 NULL. */
  readonly signature: { readonly oid: string; readonly digest: string | undefined; readonly hasNull?: boolean };
}

const RSA = { oid: "1.2.840.113549.1.1.11", digest: "sha256", hasNull: true };

/** Key types of podCertificate sources, by the names that pods use. */
const KEY_TYPES: Readonly<Record<string, KeyType>> = {
  RSA3072: { type: "rsa", options: { modulusLength: 3072 }, signature: RSA },
  RSA4096: { type: "rsa", options: { modulusLength: 4096 }, signature: RSA },
  ECDSAP256: ec("P-256", { oid: "1.2.840.10045.4.3.2", digest: "sha256" }),
  ECDSAP384: ec("P-384", { oid: "1.2.840.10045.4.3.3", digest: "sha384" }),
  ECDSAP521: ec("P-521", { oid: "1.2.840.10045.4.3.4", digest: "sha512" }),
  ED25519: { type: "ed25519", options: {}, signature: { oid: "1.3.101.112", digest: undefined } },
};

function ec(namedCurve: string, signature: KeyType["signature"]): KeyType {
  return { type: "ec", options: { namedCurve }, signature };
}

/** A new private key of that type; PKCS #8 in PEM. Rejects for a type that is not known. */
export async function generateCertificateKey(keyType: string): Promise<string> {
  const { type, options } = keyTypeOf(keyType);
  const { privateKey } = await generate(type, options);
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The PKCS #10 request (RFC 2986) that proves who has the key, and says nothing else; base64 of its DER. */
export function emptyCertificateRequest(keyType: string, keyPem: string): string {
  const { oid, digest, hasNull = false } = keyTypeOf(keyType).signature;
  const key = createPrivateKey(keyPem);
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const body = sequence(integer(Buffer.from([0])), sequence(), publicKey, explicit(0));
  const algorithm = sequence(objectIdentifier(oid), ...(hasNull ? [nothing()] : []));
  return sequence(body, algorithm, bitString(sign(digest, body, key))).toString("base64");
}

function keyTypeOf(name: string): KeyType {
  const found = KEY_TYPES[name];
  if (found === undefined) throw new Error(`unknown key type "${name}"`);
  return found;
}
