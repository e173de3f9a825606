import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { ConfigurationFileError } from "../../apiserver/configuration/parse-file.ts";
import { errorMessage } from "../../base/assert.ts";
import type { CertificatePair } from "../../bootstrap/pki/ensure-pki.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/;

/** Where a text is from, for messages: the flag and its file. */
export interface TextFrom {
  readonly what: string;
  readonly file: string;
}

/** A certificate that was given with its key, and what can be seen in it. */
export interface GivenPair extends CertificatePair {
  readonly leaf: X509Certificate;
}

/** The certificates of a bundle, each once; PEM. @throws ConfigurationFileError when there is none, or one that is none */
export function bundleOf(text: string, from: TextFrom): string {
  const certificates = certificatesOf(text, from).map(({ raw }) => raw.toString("base64"));
  return [...new Set(certificates)].map(pem).join("");
}

/** @throws ConfigurationFileError when they are no certificate and no key, or those of different pairs */
export function pairOf(texts: { certificate: string; key: string }, from: { certificate: TextFrom; key: TextFrom }) {
  const leaf = certificatesOf(texts.certificate, from.certificate)[0]!;
  const refuse = (why: string): never => {
    throw new ConfigurationFileError(`${from.key.what}: ${from.key.file} ${why}`);
  };
  if (ENCRYPTED_KEY.test(texts.key)) refuse("is encrypted: nobody is there to say its password");
  if (!PRIVATE_KEY.test(texts.key)) refuse("has no private key in PEM");
  const key = parsed(
    () => createPrivateKey(texts.key),
    (why) => refuse(`cannot be read as a private key: ${why}`),
  );
  if (!leaf.checkPrivateKey(key)) refuse(`does not fit the certificate in ${from.certificate.file}`);
  const pair: GivenPair = { certificate: texts.certificate, key: texts.key, leaf };
  // What OpenSSL does not speak with (too short a key) would fail each connection.
  parsed(
    () => createSecureContext({ cert: pair.certificate, key: pair.key }),
    (why) => refuse(`and its certificate cannot be used: ${why}`),
  );
  return pair;
}

function certificatesOf(text: string, { what, file }: TextFrom): X509Certificate[] {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new ConfigurationFileError(`${what}: ${file} has no certificate in PEM`);
  return found.map((each, index) =>
    parsed(
      () => new X509Certificate(each),
      (why) => {
        throw new ConfigurationFileError(`${what}: certificate ${index + 1} of ${file} cannot be read: ${why}`);
      },
    ),
  );
}

function parsed<T>(parse: () => T, fail: (why: string) => never): T {
  try {
    return parse();
  } catch (error) {
    return fail(errorMessage(error));
  }
}

function pem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)!.join("\n")}\n-----END CERTIFICATE-----\n`;
}
