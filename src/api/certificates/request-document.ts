import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { children, contents } from "../../base/der.ts";
import { pemBlocks } from "./pem.ts";

/** What a PKCS #10 certificate request asks for (RFC 2986). */
export interface RequestDocument {
  /** The subject's exact bytes: who signs copies them, and never writes names anew. */
  readonly subject: Buffer;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly publicKey: KeyObject;
  /** DNS names and IP addresses of the subject alternative name. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** Further alternative names (mail addresses, URIs …), by kind. */
  readonly otherNames: readonly string[];
}

// Object identifiers as they stand in an OBJECT IDENTIFIER, in hex.
const COMMON_NAME = "550403";
const ORGANIZATION = "55040a";
const EXTENSION_REQUEST = "2a864886f70d01090e";
const SUBJECT_ALTERNATIVE_NAME = "551d11";
/** Digest of each signature algorithm; Ed25519 has none of its own. Requests may still be signed with SHA-1, as Go has it. */
const SIGNATURES: Readonly<Record<string, string | null>> = {
  "2a8648ce3d0401": "sha1",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  "2a864886f70d010105": "sha1",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2b6570": null,
};
const OCTET_STRING = 0x04;
const BMP_STRING = 0x1e;
const ATTRIBUTES = 0xa0;
const OTHER_NAMES: Readonly<Record<number, string>> = { 129: "email", 134: "URI" };
const DNS_NAME = 0x82;
const ADDRESS = 0x87;

/**
 * Reads a request in PEM and checks that whoever made it has the key.
 * @throws Error that says what is wrong with it
 */
export function parseRequestDocument(pem: string): RequestDocument {
  const [block] = pemBlocks(pem);
  if (block?.type !== "CERTIFICATE REQUEST") throw new Error("PEM block type must be CERTIFICATE REQUEST");
  return readRequestDocument(block.bytes);
}

/** The same of a request as it stands in its PEM. */
export function readRequestDocument(der: Buffer): RequestDocument {
  const [information, algorithm, signature] = children(der);
  if (information === undefined || algorithm === undefined || signature === undefined) throw malformed();
  const [, subject, key, ...rest] = children(information);
  if (subject === undefined || key === undefined) throw malformed();
  const publicKey = createPublicKey({ key, format: "der", type: "spki" });
  checkSignature(information, { algorithm, signature, publicKey });
  const attributes = rest.find((element) => element[0] === ATTRIBUTES);
  return {
    subject: Buffer.from(subject),
    commonName: subjectTexts(subject, COMMON_NAME).at(-1) ?? "",
    organizations: subjectTexts(subject, ORGANIZATION),
    publicKey,
    ...alternativeNames(attributes),
  };
}

const malformed = (): Error => new Error("the certificate request is malformed");

function checkSignature(information: Buffer, of: { algorithm: Buffer; signature: Buffer; publicKey: KeyObject }): void {
  const [identifier] = children(of.algorithm);
  const digest = identifier === undefined ? undefined : SIGNATURES[contents(identifier).toString("hex")];
  if (digest === undefined)
    throw new Error("the certificate request is signed with an algorithm that is not known here");
  // The first octet of a BIT STRING counts its unused bits.
  if (!verify(digest, information, of.publicKey, contents(of.signature).subarray(1)))
    throw new Error("the certificate request's signature is not by its key");
}

/** A Name is a list of sets of pairs. */
function subjectTexts(subject: Buffer, wanted: string): string[] {
  return children(subject)
    .flatMap(children)
    .flatMap((pair) => {
      const [type, value] = children(pair);
      if (type === undefined || value === undefined) throw malformed();
      return contents(type).toString("hex") === wanted ? [textOf(value)] : [];
    });
}

function textOf(value: Buffer): string {
  const bytes = contents(value);
  return value[0] === BMP_STRING ? Buffer.from(bytes).swap16().toString("utf16le") : bytes.toString();
}

function alternativeNames(attributes: Buffer | undefined): Pick<RequestDocument, "names" | "addresses" | "otherNames"> {
  const names: string[] = [];
  const addresses: string[] = [];
  const otherNames: string[] = [];
  for (const general of generalNames(attributes)) {
    const tag = general[0] ?? 0;
    if (tag === DNS_NAME) names.push(contents(general).toString("latin1"));
    else if (tag === ADDRESS) addresses.push(addressText(contents(general)));
    else otherNames.push(OTHER_NAMES[tag] ?? "other");
  }
  return { names, addresses, otherNames };
}

/** attribute { extensionRequest, { extensions { { subjectAltName, critical?, OCTET STRING { names } } } } } */
function generalNames(attributes: Buffer | undefined): Buffer[] {
  if (attributes === undefined) return [];
  const extensions = children(attributes).flatMap((attribute) => {
    const [type, values] = children(attribute);
    const isRequest = type !== undefined && contents(type).toString("hex") === EXTENSION_REQUEST;
    return isRequest && values !== undefined ? children(values).flatMap(children) : [];
  });
  return extensions.flatMap((extension) => {
    const [type, ...parts] = children(extension);
    const value = parts.find((part) => part[0] === OCTET_STRING);
    const isNames = type !== undefined && contents(type).toString("hex") === SUBJECT_ALTERNATIVE_NAME;
    return isNames && value !== undefined ? children(contents(value)) : [];
  });
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw malformed();
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return groups.join(":");
}
