import { createHash, X509Certificate } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { STORAGE_ROOT } from "../apiserver/registry/storage-prefix.ts";
import { syncDirectory, writePrivateBytes } from "../bootstrap/pki/pki-files.ts";
import { CommandError } from "../cli/command.ts";
import type { BackupFile } from "../store/snapshot/backup-format.ts";
import { SnapshotError, type StateObject } from "../store/snapshot/state.ts";
import { OWN_FILES } from "./key-exchange/shared-files.ts";

const FACTS = "cluster.json";
const KEYS = "pki";
const SHARED_CLUSTER = `${STORAGE_ROOT}wherry/cluster`;

/**
 * What a cluster is besides its objects: address ranges, and with `keys` its authorities, the token key and the keys that
 * encrypt Secrets. Everything else in a data directory is made anew.
 * @throws CommandError when there is no cluster in the directory
 */
export function readClusterFiles(dataDirectory: string, { withKeys }: { withKeys: boolean }): BackupFile[] {
  const pki = join(dataDirectory, KEYS);
  if (withKeys && !existsSync(pki)) {
    throw new CommandError(
      `there are no keys of a cluster in ${dataDirectory}: name a server's directory with --data-dir, or use --without-keys`,
      3,
    );
  }
  const facts = existsSync(join(dataDirectory, FACTS)) ? [FACTS] : [];
  return [...facts, ...(withKeys ? filesBelow(dataDirectory, KEYS) : [])].map((path) => ({
    path,
    content: readFileSync(join(dataDirectory, path)),
  }));
}

/** Files of a folder pki that somebody has kept. @throws CommandError when it is none */
export function readKeyFiles(pkiDirectory: string): BackupFile[] {
  if (!existsSync(join(pkiDirectory, "ca.crt"))) {
    throw new CommandError(`${pkiDirectory} is not the folder pki of a cluster: there is no ca.crt in it`);
  }
  return filesBelow(pkiDirectory, ".").map((path) => ({
    path: `${KEYS}/${path}`,
    content: readFileSync(join(pkiDirectory, path)),
  }));
}

/** Paths of the files below a folder, but drafts (`.new`), and what makes a server this one among others. */
function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder))
    .sort()
    .flatMap((name) => {
      const path = normalize(join(folder, name));
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory()) return filesBelow(root, path);
      return stat.isFile() && !name.endsWith(".new") && !OWN_FILES.includes(name) ? [path] : [];
    });
}

/** Writes the files for their owner alone. @throws SnapshotError for a path that leads elsewhere */
export function placeFiles(directory: string, files: readonly BackupFile[]): void {
  const folders = new Set([directory]);
  for (const { path, content } of files) {
    if (path !== FACTS && !/^pki(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/.test(path)) {
      throw new SnapshotError(`the backup names a file that no backup has: ${JSON.stringify(path)}`);
    }
    const place = join(directory, path);
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    writePrivateBytes(place, content, true);
    folders.add(dirname(place));
  }
  for (const folder of folders) syncDirectory(folder);
}

/** Tells clusters apart; empty where there is no certificate. */
export function clusterName(dataDirectory: string): string {
  const file = join(dataDirectory, KEYS, "ca.crt");
  return existsSync(file) ? (keyHashes(readFileSync(file, "utf8"))[0] ?? "").slice(0, 10) : "";
}

/**
 * Servers of one etcd write down whose it is (shared-cluster.ts): keys of another cluster would not open it.
 * @throws CommandError when none of the certificates among the files is of the cluster that the objects are of
 */
export function requireSameCluster(
  objects: readonly StateObject[],
  { files, dataDirectory }: { files: readonly BackupFile[]; dataDirectory: string },
): void {
  const stored = objects.find(({ key }) => key === SHARED_CLUSTER)?.value.toString() ?? "";
  const authority = /"authority":"([0-9a-f]{64})"/.exec(stored)?.[1];
  if (authority === undefined) return;
  const own = files.filter(({ path }) => path.endsWith(".crt")).flatMap(({ content }) => keyHashes(content.toString()));
  if (own.includes(authority)) return;
  throw new CommandError(
    `the etcd is another cluster's than ${dataDirectory}: name the data directory of one of its servers, or use --without-keys`,
  );
}

/** SHA-256 of the public keys of certificates, as PEM; of those that can be read. */
function keyHashes(pem: string): string[] {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return certificates.flatMap((each) => {
    try {
      const key = new X509Certificate(each).publicKey.export({ type: "spki", format: "der" });
      return [createHash("sha256").update(key).digest("hex")];
    } catch {
      return [];
    }
  });
}

/** Encryption keys, as needed-keys.ts names them, of which no file here has one. */
export function missingKeys(needed: readonly string[], files: readonly BackupFile[]): string[] {
  const configuration = files.find(({ path }) => path === `${KEYS}/encryption-configuration.json`)?.content.toString();
  const names = new Set([...(configuration ?? "").matchAll(/"name": *"([^"]+)"/g)].map((match) => match[1]));
  return needed.filter((key) => !names.has(key.slice(key.indexOf(":") + 1)));
}
