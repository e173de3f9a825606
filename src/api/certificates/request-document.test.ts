import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import {
  bitString,
  type Der,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utf8String,
} from "../../base/der.ts";
import { parseRequestDocument } from "./request-document.ts";

const TYPES = { O: "2.5.4.10", CN: "2.5.4.3" };
const GENERAL_NAMES = { email: 1, dns: 2, uri: 6, ip: 7 };

/** A request as RFC 2986 has it; alternative names as the bytes that they are written with. */
function request(
  subject: readonly [keyof typeof TYPES, string][],
  alternatives: readonly [keyof typeof GENERAL_NAMES, Buffer][] = [],
  [digest, identifier] = ["sha256", "1.2.840.10045.4.3.2"],
): string {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const names = subject.map(([type, value]) => set(sequence(objectIdentifier(TYPES[type]), utf8String(value))));
  const information = sequence(
    integer(Buffer.from([0])),
    sequence(...names),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(0, ...(alternatives.length === 0 ? [] : [extensionRequest(alternatives)])),
  );
  const algorithm = sequence(objectIdentifier(identifier));
  return pem(sequence(information, algorithm, bitString(sign(digest, information, privateKey))));
}

function extensionRequest(alternatives: readonly [keyof typeof GENERAL_NAMES, Buffer][]): Der {
  const names = sequence(...alternatives.map(([type, value]) => implicit(GENERAL_NAMES[type], value)));
  const extension = sequence(objectIdentifier("2.5.29.17"), octetString(names));
  return sequence(objectIdentifier("1.2.840.113549.1.9.14"), set(sequence(extension)));
}

function pem(der: Der): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
}

test("subject, key and alternative names of a request", () => {
  const text = request(
    [
      ["O", "system:nodes"],
      ["O", "more"],
      ["CN", "system:node:one"],
    ],
    [
      ["dns", Buffer.from("one.example.test")],
      ["ip", Buffer.from([10, 0, 0, 1])],
      ["ip", Buffer.from("fe800000000000000000000000000001", "hex")],
      ["email", Buffer.from("a@example.test")],
      ["uri", Buffer.from("spiffe://x")],
    ],
  );
  const document = parseRequestDocument(text);
  assert.equal(document.commonName, "system:node:one");
  assert.deepEqual(document.organizations, ["system:nodes", "more"]);
  assert.deepEqual(document.names, ["one.example.test"]);
  assert.deepEqual(document.addresses, ["10.0.0.1", "fe80:0:0:0:0:0:0:1"]);
  assert.deepEqual(document.otherNames, ["email", "URI"]);
  assert.equal(document.publicKey.asymmetricKeyType, "ec");
});

test("a request without alternative names", () => {
  const document = parseRequestDocument(request([["CN", "jane"]]));
  assert.deepEqual([document.names, document.addresses, document.otherNames, document.organizations], [[], [], [], []]);
});

test("a request whose signature is not by its key is refused", () => {
  const own = request([["CN", "jane"]]);
  const bytes = Buffer.from(own.replace(/-----[^-]+-----/g, ""), "base64");
  const at = bytes.indexOf("jane");
  bytes.write("root", at);
  assert.throws(() => parseRequestDocument(pem(bytes)), /signature is not by its key/);
});

for (const [what, text] of [
  ["nothing", ""],
  ["a certificate", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"],
  ["an empty sequence", "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----"],
  ["a cut-off one", "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----"],
]) {
  test(`${what} is no request`, () => assert.throws(() => parseRequestDocument(text ?? ""), Error));
}

test("a request may be signed with SHA-1, and with MD5 no more", () => {
  const signed = (digest: string, identifier: string) =>
    parseRequestDocument(request([["CN", "a"]], [], [digest, identifier]));
  assert.equal(signed("sha1", "1.2.840.10045.4.1").commonName, "a");
  assert.throws(() => signed("md5", "1.2.840.113549.1.1.4"), /an algorithm that is not known here/);
});
