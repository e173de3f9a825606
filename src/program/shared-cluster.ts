import { createHash, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ConfigMap } from "../api/generated/core/v1.ts";
import { STORAGE_ROOT, storageKey, storagePrefix } from "../apiserver/registry/storage-prefix.ts";
import type { Pki } from "../bootstrap/pki/ensure-pki.ts";
import { CommandError } from "../cli/command.ts";
import { KeyExistsError, RevisionMismatchError, type Store } from "../store/store.ts";
import { type ClusterRanges, completeRanges, RANGE_OPTIONS } from "./cluster-ranges.ts";
import type { KeyExchange } from "./key-exchange/keep-keys.ts";

/** What all servers on one etcd agree on. Written by the first of them, before it writes anything else. */
export interface SharedCluster extends ClusterRanges {
  /** SHA-256 of the authority's public key, and of that of service account tokens. */
  readonly authority: string;
  readonly serviceAccountKey: string;
}

const KEY = `${STORAGE_ROOT}wherry/cluster`;

/** Undefined when no server has started on this store yet. */
export async function readSharedCluster(store: Store): Promise<SharedCluster | undefined> {
  const stored = await store.get(KEY);
  return stored === undefined ? undefined : parsed(stored.value);
}

function parsed(value: Buffer): SharedCluster {
  try {
    const stored = JSON.parse(value.toString()) as SharedCluster;
    return { ...stored, ...completeRanges(stored) };
  } catch {
    throw new CommandError(`etcd holds under ${KEY} what Wherry did not write there: is it the right --etcd-prefix?`);
  }
}

/** Before a server makes keys of its own, with which it could not join. @throws CommandError that says which to bring */
export function requireClusterKeys(cluster: SharedCluster | undefined, dataDirectory: string): void {
  const directory = join(dataDirectory, "pki");
  if (cluster === undefined || existsSync(join(directory, "ca.crt"))) return;
  throw new CommandError(
    `the etcd holds a cluster already, and its keys are not in ${directory}: name the folder pki of one of its servers with --pki-dir`,
    2,
  );
}

/**
 * Joins the cluster of this store, or begins one. Nothing is changed when the keys are not that cluster's.
 * @param store as it is read by the API server
 * @throws CommandError that says which keys to bring
 */
export async function joinSharedCluster(
  store: Store,
  own: { facts: ClusterRanges; pki: Pki; isNew?: boolean },
): Promise<void> {
  const { facts, pki } = own;
  const mine = clusterOf(facts, pki);
  for (let attempt = 1; ; attempt++) {
    try {
      const stored = await store.get(KEY);
      if (stored === undefined) {
        await checkForeignAuthority(store, pki);
        await store.create(KEY, Buffer.from(JSON.stringify(mine)));
        return;
      }
      const theirs = parsed(stored.value);
      check(mine, theirs, own);
      await checkSecrets(store, pki);
      const isSame = mine.authority === theirs.authority && mine.serviceAccountKey === theirs.serviceAccountKey;
      // Keys that were exchanged for those that are written there.
      if (!isSame) await store.update(KEY, Buffer.from(JSON.stringify(mine)), stored.revision);
      return;
    } catch (error) {
      const isRace = error instanceof KeyExistsError || error instanceof RevisionMismatchError;
      if (!isRace || attempt >= TRIES) throw error;
    }
  }
}

/** At a server's start. */
export async function joinAtStart(
  store: Store,
  own: { facts: ClusterRanges; pki: Pki; isNew: boolean; exchange: KeyExchange },
): Promise<void> {
  try {
    await joinSharedCluster(store, own);
  } catch (error) {
    await own.exchange.withdraw();
    throw error;
  }
}

const TRIES = 5;

function clusterOf(ranges: ClusterRanges, pki: Pki): SharedCluster {
  const authority = hashOf(new X509Certificate(pki.authority.certificate).publicKey);
  const serviceAccountKey = hashOf(createPublicKey(pki.serviceAccount.publicKey));
  return { ...completeRanges(ranges), authority, serviceAccountKey };
}

function check(mine: SharedCluster, theirs: SharedCluster, own: { pki: Pki; isNew?: boolean }): void {
  const { pki } = own;
  if (!authoritiesOf(pki).includes(theirs.authority)) throw wrongKeys("certificate authority", "ca.crt", pki);
  const { publicKey, oldPublicKeys } = pki.serviceAccount;
  const tokenKeys = [publicKey, ...oldPublicKeys].map((pem) => hashOf(createPublicKey(pem)));
  if (!tokenKeys.includes(theirs.serviceAccountKey)) throw wrongKeys("service account key", "sa.key", pki);
  for (const part of Object.keys(RANGE_OPTIONS) as (keyof ClusterRanges)[]) {
    if (mine[part] === theirs[part]) continue;
    if (own.isNew === true)
      throw new CommandError("another server began this cluster at the same moment: start this one again");
    throw new CommandError(
      `the cluster in etcd has ${part} ${theirs[part]}, cluster.json here says ${mine[part]}: use a data directory of that cluster`,
    );
  }
}

/** A cluster that upstream's API server has made names its authority for extension API servers. */
async function checkForeignAuthority(store: Store, pki: Pki): Promise<void> {
  const key = storageKey(storagePrefix("", "configmaps"), "kube-system", "extension-apiserver-authentication");
  const stored = await store.get(key);
  const text =
    stored === undefined ? undefined : (JSON.parse(stored.value.toString()) as ConfigMap).data?.["client-ca-file"];
  const theirs = keysIn(text ?? "");
  if (theirs.length === 0) return;
  const own = authoritiesOf(pki);
  if (!theirs.some((key) => own.includes(key))) throw wrongKeys("certificate authority", "ca.crt", pki);
}

/** Secrets are encrypted with a key that every server needs. */
async function checkSecrets(store: Store, pki: Pki): Promise<void> {
  const { items } = await store.list({ prefix: storagePrefix("", "secrets"), limit: 1 });
  if (items[0]?.unreadable !== undefined) {
    throw new CommandError(
      `Secrets in etcd cannot be read with the keys of ${pki.directory} (${items[0].unreadable}): copy the encryption configuration of a server of this cluster there`,
    );
  }
}

function wrongKeys(what: string, file: string, pki: Pki): CommandError {
  return new CommandError(
    `the cluster in etcd has another ${what} than ${pki.directory}/${file}: name the folder pki of one of its servers with --pki-dir, and start with an empty --data-dir`,
  );
}

/** Authorities whose certificates this server takes. */
function authoritiesOf(pki: Pki): string[] {
  return keysIn(pki.trusted.cluster);
}

function keysIn(certificates: string): string[] {
  const found = certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.map((pem) => hashOf(new X509Certificate(pem).publicKey));
}

function hashOf(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}
