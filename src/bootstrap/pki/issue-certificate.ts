import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import {
  bitString,
  boolean,
  children,
  contents,
  type Der,
  explicit,
  implicit,
  integer,
  namedBits,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "../../base/der.ts";
import type { Random } from "../../base/random.ts";
import { addressBytes } from "./address-bytes.ts";

/** Who a certificate speaks for. Kubernetes reads the user from commonName and the groups from organizations. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** What to certify. */
export interface CertificateRequest {
  /** One of our own subjects, or the exact bytes of a request's. */
  readonly subject: Subject | Buffer;
  readonly publicKey: KeyObject;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly usage: "authority" | "client" | "server";
  /** The key also carries session keys (RSA). */
  readonly isForEncipherment?: boolean;
  /** DNS names and IP addresses of a server. */
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
}

/** Who certifies: the authority's private key and its own certificate; for a self-signed one, only the key. */
export interface Issuer {
  readonly key: KeyObject;
  /** DER of the authority's certificate. */
  readonly certificate?: Buffer;
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
const KEY_USAGE = "2.5.29.15";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const RSA_WITH_SHA256 = "1.2.840.113549.1.1.11";

const DIGITAL_SIGNATURE = 0;
const KEY_ENCIPHERMENT = 2;
const CERTIFICATE_SIGN = 5;
const REVOCATION_LIST_SIGN = 6;

/** Issues an X.509 v3 certificate; PEM. */
export function issueCertificate(request: CertificateRequest, issuer: Issuer, random: Random): string {
  const subject = Buffer.isBuffer(request.subject) ? request.subject : nameOf(request.subject);
  const algorithm = signatureAlgorithm(issuer.key);
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serialNumber(random)),
    algorithm,
    issuer.certificate === undefined ? subject : subjectOf(issuer.certificate),
    sequence(time(request.notBefore), time(request.notAfter)),
    subject,
    request.publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions(request, issuer))),
  );
  const certificate = sequence(body, algorithm, bitString(sign("sha256", body, issuer.key)));
  return toPem(certificate, "CERTIFICATE");
}

/** Text of a PEM block. */
export function toPem(der: Uint8Array, label: string): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** A subject as an X.501 name. */
export function nameOf(subject: Subject): Der {
  const attribute = (type: string, value: string): Der => set(sequence(objectIdentifier(type), utf8String(value)));
  const organizations = subject.organizations ?? [];
  return sequence(
    ...organizations.map((organization) => attribute(ORGANIZATION, organization)),
    attribute(COMMON_NAME, subject.commonName),
  );
}

/** The subject's exact bytes: an issuer's name must match them, however that certificate was written. */
function subjectOf(certificate: Buffer): Der {
  const [body] = children(certificate);
  // version, serialNumber, signature, issuer, validity, subject
  return children(body!)[5]!;
}

function signatureAlgorithm(key: KeyObject): Der {
  if (key.asymmetricKeyType === "ec") return sequence(objectIdentifier(ECDSA_WITH_SHA256));
  if (key.asymmetricKeyType === "rsa") return sequence(objectIdentifier(RSA_WITH_SHA256), nothing());
  throw new Error(`a certificate authority's key must be EC or RSA, this one is ${key.asymmetricKeyType}`);
}

/** 127 random bits: positive, and never zero. */
function serialNumber(random: Random): Buffer {
  const bytes = random.bytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}

function extensions(request: CertificateRequest, issuer: Issuer): Der[] {
  const authority = request.usage === "authority";
  const usages = authority
    ? namedBits(DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, CERTIFICATE_SIGN, REVOCATION_LIST_SIGN)
    : namedBits(DIGITAL_SIGNATURE, ...(request.isForEncipherment === true ? [KEY_ENCIPHERMENT] : []));
  const found = [
    extension(KEY_USAGE, usages, true),
    extension(BASIC_CONSTRAINTS, authority ? sequence(boolean(true)) : sequence(), true),
    extension(SUBJECT_KEY_IDENTIFIER, octetString(keyIdentifier(request.publicKey))),
    extension(AUTHORITY_KEY_IDENTIFIER, sequence(implicit(0, keyIdentifier(createPublicKey(issuer.key))))),
  ];
  if (!authority) {
    const purpose = request.usage === "server" ? SERVER_AUTHENTICATION : CLIENT_AUTHENTICATION;
    found.push(extension(EXTENDED_KEY_USAGE, sequence(objectIdentifier(purpose))));
  }
  return [...found, ...alternativeNamesExtension(request)];
}

function extension(type: string, value: Der, critical = false): Der {
  return sequence(objectIdentifier(type), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** The extension with a server's names and addresses; none where there are none. */
export function alternativeNamesExtension(of: Pick<CertificateRequest, "names" | "addresses">): Der[] {
  const alternatives = alternativeNames(of);
  return alternatives.length === 0 ? [] : [extension(SUBJECT_ALTERNATIVE_NAME, sequence(...alternatives))];
}

function alternativeNames(request: Pick<CertificateRequest, "names" | "addresses">): Der[] {
  const names = (request.names ?? []).map((name) => implicit(2, Buffer.from(name, "ascii")));
  const addresses = (request.addresses ?? []).flatMap((address) => {
    const bytes = addressBytes(address);
    return bytes === undefined ? [] : [implicit(7, bytes)];
  });
  return [...names, ...addresses];
}

/** RFC 5280 4.2.1.2 (1): SHA-1 of the public key's bits. It is a name for the key, no security rests on it. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const [, bits] = children(publicKey.export({ type: "spki", format: "der" }));
  return createHash("sha1").update(contents(bits!).subarray(1)).digest();
}
