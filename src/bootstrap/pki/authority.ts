import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { errorMessage } from "../../base/assert.ts";
import { isWorn } from "./certificate-state.ts";
import { issueCertificate } from "./issue-certificate.ts";
import { readText } from "./pki-files.ts";
import { AUTHORITY_LIFETIME_MS, lifetime, type PkiSession, write } from "./session.ts";

export interface Authority {
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  /** Absent when the authority's key is kept elsewhere: then nothing can be issued here. */
  readonly key: KeyObject | undefined;
  readonly keyPem: string | undefined;
  readonly keyFile: string;
  /** PEM of all that is to be trusted: this one first, then one that it has replaced, or that will replace it. */
  readonly trusted: string;
  /** PEM of this one as its predecessor certifies it; empty where there is none, or its time is over. */
  readonly cross: string;
}

/** The authority of `<file>.key` and `<file>.crt`: made when it is not there, issued again on its own key when it wears out. */
export function ensureAuthority(session: PkiSession, file: string, commonName: string): Authority {
  const { directory } = session;
  const keyFile = join(directory, `${file}.key`);
  const certificateFile = join(directory, `${file}.crt`);
  let keyPem = readText(directory, `${file}.key`);
  let certificatePem = readText(directory, `${file}.crt`);
  if (keyPem === undefined && certificatePem === undefined) {
    keyPem = newKeyPem();
    write(session, keyFile, keyPem, true);
  }
  const key = keyPem === undefined ? undefined : parsed(keyFile, () => createPrivateKey(keyPem));
  const stored = certificatePem;
  let certificate = stored === undefined ? undefined : parsed(certificateFile, () => new X509Certificate(stored));
  if (certificate !== undefined && key !== undefined && !certificate.checkPrivateKey(key)) {
    throw new Error(
      `${certificateFile} and ${keyFile} do not belong together; put back the pair that this cluster began with`,
    );
  }
  if (keyPem !== undefined && (certificate === undefined || isWorn(certificate, session.clock.now()))) {
    certificatePem = issueAuthority({ commonName, key: keyPem }, session);
    certificate = new X509Certificate(certificatePem);
    write(session, certificateFile, certificatePem, true);
  }
  // While an exchange is under way: what was, and what will be.
  const others = ["old", "next"].map((which) => readText(directory, `${file}-${which}.crt`) ?? "");
  const cross = crossOf(session, file, certificate!);
  return {
    certificate: certificate!,
    certificatePem: certificatePem!,
    key,
    keyPem,
    keyFile,
    trusted: [certificatePem!, ...others.filter((pem) => pem !== certificatePem)].join(""),
    cross,
  };
}

/** A self-signed authority; PEM. */
export function issueAuthority(of: { commonName: string; key: string }, session: PkiSession): string {
  const key = createPrivateKey(of.key);
  const subject = { commonName: of.commonName };
  const validity = lifetime(session, AUTHORITY_LIFETIME_MS);
  return issueCertificate(
    { subject, publicKey: createPublicKey(key), usage: "authority", ...validity },
    { key },
    session.random,
  );
}

/** An authority's key as another one certifies it, for as long as that one itself holds; PEM. */
export function issueCrossCertificate(
  of: { commonName: string; publicKey: KeyObject },
  by: { key: string; certificate: string },
  session: PkiSession,
): string {
  const issuer = new X509Certificate(by.certificate);
  const { notBefore, notAfter } = lifetime(session, AUTHORITY_LIFETIME_MS);
  const validity = { notBefore, notAfter: Math.min(notAfter, Date.parse(issuer.validTo)) };
  return issueCertificate(
    { subject: { commonName: of.commonName }, publicKey: of.publicKey, usage: "authority", ...validity },
    { key: createPrivateKey(by.key), certificate: issuer.raw },
    session.random,
  );
}

function crossOf(session: PkiSession, file: string, authority: X509Certificate): string {
  const pem = readText(session.directory, `${file}-cross.crt`);
  if (pem === undefined) return "";
  const cross = parsed(join(session.directory, `${file}-cross.crt`), () => new X509Certificate(pem));
  const isOurs = cross.publicKey.equals(authority.publicKey);
  return isOurs && Date.parse(cross.validTo) > session.clock.now() ? pem : "";
}

export function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "sec1", format: "pem" }) as string;
}

export function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(
      `${path} cannot be read as PEM (${errorMessage(error)}); put back a good copy, or start with an empty data directory`,
    );
  }
}
