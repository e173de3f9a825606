import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { type Authority, ensureAuthority, newKeyPem, parsed } from "./authority.ts";
import { isCurrentLeaf } from "./certificate-state.ts";
import { type LeafDefinition, type LeafName, leafDefinitions } from "./certificate-table.ts";
import { issueCertificate } from "./issue-certificate.ts";
import { makePrivateDirectory, readText, syncDirectory } from "./pki-files.ts";
import { AUTHORITIES, advanceRotation } from "./rotation.ts";
import { LEAF_LIFETIME_MS, lifetime, type PkiSession, write } from "./session.ts";

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
  readonly serviceAccount: {
    readonly privateKey: string;
    readonly publicKey: string;
    /** Of keys that were exchanged, or are about to be, and whose tokens are good. */
    readonly oldPublicKeys: readonly string[];
  };
  /** PEM of the authorities to trust: more than one while they are exchanged. */
  readonly trusted: { readonly cluster: string; readonly frontProxy: string };
  /** Whether certificates are shown with the authority's own, certified by its predecessor. */
  readonly isCrossCertified: boolean;
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

/**
 * Makes what is missing or about to expire in the directory, and returns it all. An authority that wears out is issued
 * again on its own key, so that what it signed stays good; a leaf that no longer fits (worn, renamed node, new address,
 * other authority, unreadable) is made anew.
 */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  makePrivateDirectory(options.directory, "correct");
  const { directory, clock, random } = options;
  const session: PkiSession = { directory, clock, random, written: [] };
  advanceRotation(session);
  const [authority, frontProxyAuthority] = AUTHORITIES.map(({ file, commonName }) =>
    ensureAuthority(session, file, commonName),
  ) as [Authority, Authority];
  const serviceAccount = ensureServiceAccountKey(session);
  if (session.written.length > 0) syncDirectory(directory);

  const leaves = {} as Record<LeafName, CertificatePair>;
  for (const [name, definition] of Object.entries(definitionsOf(options))) {
    const signer = definition.authority === "ca" ? authority : frontProxyAuthority;
    leaves[name as LeafName] = ensureLeaf(session, definition, signer);
  }
  return {
    ...leaves,
    directory,
    authority: { certificate: authority.certificatePem, key: authority.keyPem ?? "" },
    frontProxyAuthority: { certificate: frontProxyAuthority.certificatePem, key: frontProxyAuthority.keyPem ?? "" },
    trusted: { cluster: authority.trusted, frontProxy: frontProxyAuthority.trusted },
    isCrossCertified: authority.cross !== "",
    serviceAccount,
    written: session.written,
  };
}

/** All leaf certificates of these options, as data. */
export function definitionsOf(options: PkiOptions): Record<LeafName, LeafDefinition> {
  return leafDefinitions({
    nodeName: options.nodeName,
    names: options.names,
    addresses: options.addresses,
    serviceAddress: options.serviceAddress ?? "10.96.0.1",
    clusterDomain: options.clusterDomain ?? "cluster.local",
  });
}

function ensureServiceAccountKey(session: PkiSession): Pki["serviceAccount"] {
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
  const others = [readText(session.directory, "sa-old.pub"), nextTokenKey(session)];
  const oldPublicKeys = others.filter((key): key is string => key !== undefined && key !== publicKey);
  return { privateKey, publicKey, oldPublicKeys };
}

/** Of a key that other servers may sign with before this one does. */
function nextTokenKey({ directory }: PkiSession): string | undefined {
  const pem = readText(directory, "sa-next.key");
  if (pem === undefined) return undefined;
  const file = join(directory, "sa-next.key");
  return parsed(file, () => createPublicKey(pem)).export({ type: "spki", format: "pem" }) as string;
}

function ensureLeaf(session: PkiSession, definition: LeafDefinition, authority: Authority): CertificatePair {
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
  const shown = certificate + (definition.isShownToOthers === true ? authority.cross : "");
  write(session, keyFile, key, false);
  write(session, certificateFile, shown, false);
  return { certificate: shown, key };
}

function readLeaf(session: PkiSession, definition: LeafDefinition, authority: Authority): CertificatePair | undefined {
  const key = readText(session.directory, `${definition.file}.key`);
  const certificate = readText(session.directory, `${definition.file}.crt`);
  if (key === undefined || certificate === undefined) return undefined;
  try {
    const leaf = { certificate: new X509Certificate(certificate), key: createPrivateKey(key) };
    const against = { certificate: authority.certificate, nowMs: session.clock.now() };
    if (!isCurrentLeaf(leaf, definition, against)) return undefined;
    const cross = definition.isShownToOthers === true ? authority.cross : "";
    const shown = firstCertificate(certificate) + cross;
    if (shown !== certificate) write(session, join(session.directory, `${definition.file}.crt`), shown, false);
    return { certificate: shown, key };
  } catch {
    // Unreadable: a leaf carries nothing that a new one does not.
    return undefined;
  }
}

/** The leaf's own PEM block; its authority's cross certificate may follow it. */
function firstCertificate(pem: string): string {
  const end = "-----END CERTIFICATE-----\n";
  return pem.slice(0, pem.indexOf(end) + end.length);
}
