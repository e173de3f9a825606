import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { isCurrentLeaf, isWorn } from "./certificate-state.ts";
import { type LeafDefinition, type LeafName, leafDefinitions } from "./certificate-table.ts";
import { issueCertificate } from "./issue-certificate.ts";
import { makePrivateDirectory, readText, syncDirectory, writePrivate } from "./pki-files.ts";

/** A certificate and its private key, PEM. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

/** Everything that the cluster's parts prove themselves with. */
export interface Pki extends Readonly<Record<LeafName, CertificatePair>> {
  readonly directory: string;
  /** Signs all serving and client certificates. */
  readonly authority: CertificatePair;
  /** Signs what the API server shows to extension API servers. */
  readonly frontProxyAuthority: CertificatePair;
  /** Signs service account tokens (ES256). */
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
  /** Files that this call made or renewed, for the log. */
  readonly written: readonly string[];
}

export interface PkiOptions {
  /** `<dataDir>/pki`. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly nodeName: string;
  /** Names and addresses of this machine (hostIdentity); localhost and the service's names are always added. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** First address of the service range. */
  readonly serviceAddress?: string;
  readonly clusterDomain?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const LEAF_LIFETIME_MS = 365 * DAY_MS;
const AUTHORITY_LIFETIME_MS = 3650 * DAY_MS;
/** Clocks of machines differ a little. */
const BACKDATE_MS = 5 * 60 * 1000;

/**
 * Makes what is missing or about to expire in the directory, and returns it all. An authority that wears out is issued
 * again on its own key, so that what it signed stays good; a leaf that no longer fits (worn, renamed node, new address,
 * other authority, unreadable) is made anew.
 */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  makePrivateDirectory(options.directory, "correct");
  const session: Session = { ...options, written: [] };
  const authority = ensureAuthority(session, "ca", "kubernetes");
  const frontProxyAuthority = ensureAuthority(session, "front-proxy-ca", "front-proxy-ca");
  const serviceAccount = ensureServiceAccountKey(session);
  if (session.written.length > 0) syncDirectory(options.directory);

  const definitions = leafDefinitions({
    nodeName: options.nodeName,
    names: options.names,
    addresses: options.addresses,
    serviceAddress: options.serviceAddress ?? "10.96.0.1",
    clusterDomain: options.clusterDomain ?? "cluster.local",
  });
  const leaves = {} as Record<LeafName, CertificatePair>;
  for (const [name, definition] of Object.entries(definitions)) {
    const signer = definition.authority === "ca" ? authority : frontProxyAuthority;
    leaves[name as LeafName] = ensureLeaf(session, definition, signer);
  }
  return {
    ...leaves,
    directory: options.directory,
    authority: { certificate: authority.certificatePem, key: authority.keyPem ?? "" },
    frontProxyAuthority: { certificate: frontProxyAuthority.certificatePem, key: frontProxyAuthority.keyPem ?? "" },
    serviceAccount,
    written: session.written,
  };
}

interface Session extends PkiOptions {
  readonly written: string[];
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
  /** Absent when the authority's key is kept elsewhere: then nothing can be issued here. */
  readonly key: KeyObject | undefined;
  readonly keyPem: string | undefined;
  readonly keyFile: string;
}

function ensureAuthority(session: Session, file: string, commonName: string): Authority {
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
  if (key !== undefined && (certificate === undefined || isWorn(certificate, session.clock.now()))) {
    certificatePem = issueCertificate(
      {
        subject: { commonName },
        publicKey: createPublicKey(key),
        usage: "authority",
        ...lifetime(session, AUTHORITY_LIFETIME_MS),
      },
      { key },
      session.random,
    );
    certificate = new X509Certificate(certificatePem);
    write(session, certificateFile, certificatePem, true);
  }
  return { certificate: certificate!, certificatePem: certificatePem!, key, keyPem, keyFile };
}

function ensureServiceAccountKey(session: Session): Pki["serviceAccount"] {
  const keyFile = join(session.directory, "sa.key");
  const publicFile = join(session.directory, "sa.pub");
  const stored = readText(session.directory, "sa.key");
  const privateKey = stored ?? newKeyPem();
  if (stored === undefined) write(session, keyFile, privateKey, true);
  const publicKey = parsed(keyFile, () => createPublicKey(privateKey)).export({
    type: "spki",
    format: "pem",
  }) as string;
  if (readText(session.directory, "sa.pub") !== publicKey) write(session, publicFile, publicKey, true);
  return { privateKey, publicKey };
}

function ensureLeaf(session: Session, definition: LeafDefinition, authority: Authority): CertificatePair {
  const stored = readLeaf(session, definition, authority);
  if (stored !== undefined) return stored;
  const keyFile = join(session.directory, `${definition.file}.key`);
  const certificateFile = join(session.directory, `${definition.file}.crt`);
  if (authority.key === undefined) {
    throw new Error(
      `${certificateFile} must be issued, but ${authority.keyFile} is missing; put the key or a fitting certificate there`,
    );
  }
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = issueCertificate(
    { ...definition, publicKey: pair.publicKey, ...lifetime(session, LEAF_LIFETIME_MS) },
    { key: authority.key, certificate: authority.certificate.raw },
    session.random,
  );
  const key = pair.privateKey.export({ type: "sec1", format: "pem" }) as string;
  write(session, keyFile, key, false);
  write(session, certificateFile, certificate, false);
  return { certificate, key };
}

function readLeaf(session: Session, definition: LeafDefinition, authority: Authority): CertificatePair | undefined {
  const key = readText(session.directory, `${definition.file}.key`);
  const certificate = readText(session.directory, `${definition.file}.crt`);
  if (key === undefined || certificate === undefined) return undefined;
  try {
    const leaf = { certificate: new X509Certificate(certificate), key: createPrivateKey(key) };
    const against = { certificate: authority.certificate, nowMs: session.clock.now() };
    return isCurrentLeaf(leaf, definition, against) ? { certificate, key } : undefined;
  } catch {
    // Unreadable: a leaf carries nothing that a new one does not.
    return undefined;
  }
}

function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "sec1", format: "pem" }) as string;
}

function lifetime(session: Session, lengthMs: number): { notBefore: number; notAfter: number } {
  const now = session.clock.now();
  return { notBefore: now - BACKDATE_MS, notAfter: now + lengthMs };
}

function write(session: Session, path: string, text: string, durable: boolean): void {
  writePrivate(path, text, durable);
  session.written.push(path);
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(
      `${path} cannot be read as PEM (${errorMessage(error)}); put back a good copy, or start with an empty data directory`,
    );
  }
}
