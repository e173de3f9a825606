import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock, timestamp } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { listCertificates } from "../bootstrap/pki/certificate-list.ts";
import { readRotation, writeRotation } from "../bootstrap/pki/rotation.ts";
import type { ClusterKeys, ExchangeOptions } from "../cli/cluster-keys.ts";
import { CommandError } from "../cli/command.ts";
import { addEncryptionKey, encryptionKeyNames } from "./encryption-keys.ts";

/** The wishes of `wherry certs` and `wherry secrets`, as files that whoever runs the cluster acts on. */
export const clusterKeys: ClusterKeys = {
  certificates: async (dataDirectory) => listCertificates(pki(dataDirectory), systemClock.now()),
  rotation: async (dataDirectory) => readRotation(pki(dataDirectory)),
  async renew(dataDirectory) {
    const directory = pki(dataDirectory);
    const leaves = listCertificates(directory, systemClock.now()).filter(({ isAuthority }) => !isAuthority);
    // Whoever keeps the directory makes what is missing.
    for (const { name } of leaves) rmSync(join(directory, `${name}.crt`), { force: true });
    return leaves.map(({ name }) => name);
  },
  async beginRotation(dataDirectory, options) {
    requireAlone(dataDirectory, options);
    const directory = pki(dataDirectory);
    const current = readRotation(directory);
    if (current !== undefined) {
      throw new CommandError(
        `the authorities have been exchanged since ${current.since}, and both are trusted: finish that first (wherry certs rotate --finish)`,
      );
    }
    if (!existsSync(join(directory, "ca.key"))) {
      throw new CommandError(
        `there is no ${join(directory, "ca.key")}: the authority's key is kept elsewhere, exchange it there`,
      );
    }
    writeRotation(directory, { phase: "begin", since: timestamp(systemClock) });
  },
  async finishRotation(dataDirectory) {
    const directory = pki(dataDirectory);
    const current = readRotation(directory);
    if (current?.phase !== "overlap") {
      throw new CommandError("there is no exchange of authorities to finish: begin one with wherry certs rotate");
    }
    writeRotation(directory, { ...current, phase: "finish" });
  },
  encryptionKeys: async (dataDirectory) => encryptionKeyNames(existing(dataDirectory)),
  async rotateEncryptionKey(dataDirectory, options) {
    requireAlone(existing(dataDirectory), options);
    return addEncryptionKey(dataDirectory, { clock: systemClock, random: systemRandom });
  },
};

/** Keys are files of one server; where objects are in etcd, others may have copies of them, and would not see the new ones. */
function requireAlone(dataDirectory: string, { isOnlyServer }: ExchangeOptions): void {
  if (isOnlyServer || existsSync(join(dataDirectory, "store", "store.db"))) return;
  throw new CommandError(
    "the objects are in etcd, which other servers of this cluster may share, and they would not have the new keys: " +
      "stop them, exchange the keys here with --only-server, and start them again with an empty --data-dir and --pki-dir",
  );
}

function pki(dataDirectory: string): string {
  return join(existing(dataDirectory), "pki");
}

/** @throws CommandError (3) when no cluster has been there */
function existing(dataDirectory: string): string {
  if (existsSync(join(dataDirectory, "pki"))) return dataDirectory;
  throw new CommandError(
    `there is no cluster in ${dataDirectory}: bring one up first (wherry up), or name it with --data-dir`,
    3,
  );
}
