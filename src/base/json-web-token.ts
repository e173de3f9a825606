import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** A key that tokens are signed or verified with. The id is upstream's: SHA-256 of the public key. */
export interface TokenKey {
  readonly id: string;
  readonly algorithm: "ES256" | "ES384" | "ES512" | "RS256";
  readonly key: KeyObject;
}

/** What signatures are made over, by algorithm. */
const HASHES = { ES256: "sha256", ES384: "sha384", ES512: "sha512", RS256: "sha256" } as const;
/** Curves by OpenSSL's names. */
const CURVES: Readonly<Record<string, TokenKey["algorithm"]>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/** The private key that signs; PEM, EC (P-256, P-384, P-521) or RSA. */
export function signingKey(privateKeyPem: string): TokenKey {
  const key = createPrivateKey(privateKeyPem);
  return { id: keyId(createPublicKey(key)), algorithm: algorithmOf(key), key };
}

/** A public key that verifies; PEM of the public (or the private) key. */
export function verificationKey(pem: string): TokenKey {
  const key = createPublicKey(pem);
  return { id: keyId(key), algorithm: algorithmOf(key), key };
}

/** A compact JWS over the claims. */
export function signToken(claims: object, { id, algorithm, key }: TokenKey): string {
  const header = encode({ alg: algorithm, kid: id });
  const signed = `${header}.${encode(claims)}`;
  const signature = sign(HASHES[algorithm], Buffer.from(signed), signatureInput(algorithm, key));
  return `${signed}.${signature.toString("base64url")}`;
}

export interface DecodedToken {
  readonly header: { readonly alg?: unknown; readonly kid?: unknown };
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What the token says, unverified; undefined when it is no JWT at all. */
export function decodeToken(token: string): DecodedToken | undefined {
  const [header, claims, signature, ...rest] = token.split(".");
  if (!header || !claims || !signature || rest.length > 0) return undefined;
  const decoded = { header: decode(header), claims: decode(claims) };
  return decoded.header === undefined || decoded.claims === undefined ? undefined : (decoded as DecodedToken);
}

/**
 * Whether one of the keys signed the token. The algorithm is the key's own: what the header names must agree, so that
 * nobody chooses another (`none`, or a MAC over the public key).
 */
export function isSignedBy(token: string, header: DecodedToken["header"], keys: readonly TokenKey[]): boolean {
  const dot = token.lastIndexOf(".");
  const signed = Buffer.from(token.slice(0, dot));
  const signature = Buffer.from(token.slice(dot + 1), "base64url");
  return keys.some(
    ({ id, algorithm, key }) =>
      header.alg === algorithm &&
      (header.kid === undefined || header.kid === id) &&
      verify(HASHES[algorithm], signed, signatureInput(algorithm, key), signature),
  );
}

/** A JWS carries the two numbers of an ECDSA signature side by side, not as DER. */
function signatureInput(
  algorithm: TokenKey["algorithm"],
  key: KeyObject,
): KeyObject | { key: KeyObject; dsaEncoding: "ieee-p1363" } {
  return algorithm === "RS256" ? key : { key, dsaEncoding: "ieee-p1363" };
}

function keyId(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("base64url");
}

function algorithmOf(key: KeyObject): TokenKey["algorithm"] {
  if (key.asymmetricKeyType === "rsa") return "RS256";
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (curve !== undefined) return curve;
  throw new Error("a service account key must be RSA or EC (P-256, P-384, P-521)");
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
