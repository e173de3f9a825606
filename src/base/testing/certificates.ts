import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  bitString,
  boolean,
  type Der,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "../der.ts";

/** Key and certificate, PEM. */
export interface TestPair {
  readonly key: string;
  readonly cert: string;
}

/** An authority that exists for one test. */
export interface TestAuthority {
  /** PEM of the authority's certificate. */
  readonly ca: string;
  /** A certificate for 127.0.0.1 and localhost, good for servers and clients. */
  issue(commonName: string, ...organizations: string[]): TestPair;
  /** A server's for these names, by its common name none of them. */
  issueFor(commonName: string, names: readonly string[]): TestPair;
  /** One that is not as it should be. */
  issueOdd(certificate: OddCertificate): TestPair;
  /** An authority that this one vouches for; until then when it says so. */
  intermediate(commonName: string, validUntilMs?: number): TestAuthority;
}

export interface OddCertificate {
  /** DER of the whole name. */
  readonly subject: Der;
  /** Milliseconds since the epoch. */
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
  /** Object identifier of the only purpose that it is for. */
  readonly purpose?: string;
}

const VALID_FROM_MS = Date.UTC(2020, 0, 1);
const VALID_UNTIL_MS = Date.UTC(2049, 0, 1);
const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** Makes an authority with a key of its own: what it signs, no other one vouches for. */
export function createTestAuthority(commonName = "test authority"): TestAuthority {
  return authorityOf(commonName);
}

type Certify = (subject: Der, publicKey: KeyObject, extensions: readonly Der[], of?: Partial<OddCertificate>) => string;

/** Signs its own certificate when nobody else does. */
function authorityOf(commonName: string, parent?: Certify, validUntilMs = VALID_UNTIL_MS): TestAuthority {
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = nameOf(commonName, []);
  const isAuthority = extension("2.5.29.19", sequence(boolean(true)));
  let serial = 1;
  const certify: Certify = (
    subject,
    publicKey,
    extensions,
    { validFromMs = VALID_FROM_MS, validUntilMs = VALID_UNTIL_MS } = {},
  ) => {
    const body = sequence(
      explicit(0, integer(Buffer.from([2]))),
      integer(Buffer.from([serial++])),
      ECDSA_WITH_SHA256,
      name,
      sequence(time(validFromMs), time(validUntilMs)),
      subject,
      publicKey.export({ type: "spki", format: "der" }),
      explicit(3, sequence(...extensions)),
    );
    const signature = bitString(sign("sha256", body, own.privateKey));
    return pem(sequence(body, ECDSA_WITH_SHA256, signature));
  };
  const issue = (subject: Der, names: readonly Der[]): TestPair => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const cert = certify(subject, publicKey, [extension("2.5.29.17", sequence(...names))]);
    return { key: privateKey.export({ type: "pkcs8", format: "pem" }) as string, cert };
  };
  return {
    ca: (parent ?? certify)(name, own.publicKey, [isAuthority], { validUntilMs }),
    intermediate: (below, until) => authorityOf(below, certify, until),
    issue: (commonName, ...organizations) =>
      issue(nameOf(commonName, organizations), [dnsName("localhost"), implicit(7, Buffer.from([127, 0, 0, 1]))]),
    issueFor: (commonName, names) => issue(nameOf(commonName, []), names.map(dnsName)),
    issueOdd(odd) {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const purposes =
        odd.purpose === undefined ? [] : [extension("2.5.29.37", sequence(objectIdentifier(odd.purpose)))];
      const unused = extension("2.5.29.17", sequence(implicit(2, Buffer.from("odd"))));
      const cert = certify(odd.subject, publicKey, [unused, ...purposes], odd);
      return { key: privateKey.export({ type: "pkcs8", format: "pem" }) as string, cert };
    },
  };
}

/** A certificate signing request (PKCS #10) by a key that is forgotten at once; PEM. */
export function createTestRequest(commonName: string, ...organizations: string[]): string {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const information = sequence(
    integer(Buffer.from([0])),
    nameOf(commonName, organizations),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(0),
  );
  const signature = bitString(sign("sha256", information, privateKey));
  return pem(sequence(information, ECDSA_WITH_SHA256, signature), "CERTIFICATE REQUEST");
}

function nameOf(commonName: string, organizations: readonly string[]): Der {
  const part = (type: string, text: string): Der => set(sequence(objectIdentifier(type), utf8String(text)));
  return sequence(...organizations.map((each) => part("2.5.4.10", each)), part("2.5.4.3", commonName));
}

function dnsName(name: string): Der {
  return implicit(2, Buffer.from(name));
}

function extension(type: string, value: Der): Der {
  return sequence(objectIdentifier(type), octetString(value));
}

function pem(der: Der, label = "CERTIFICATE"): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
