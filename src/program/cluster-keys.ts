import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock, timestamp } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { listCertificates } from "../bootstrap/pki/certificate-list.ts";
import { readRotation, writeRotation } from "../bootstrap/pki/rotation.ts";
import type { ClusterKeys } from "../cli/cluster-keys.ts";
import { CommandError } from "../cli/command.ts";
import { addEncryptionKey, encryptionKeyNames } from "./encryption-keys.ts";
import { readEncryptionPhase, writeEncryptionPhase } from "./key-exchange/encryption-exchange.ts";
import { haveAllFollowed, readServerList, wishToForget } from "./key-exchange/server-list.ts";

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
  async beginRotation(dataDirectory) {
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
    const isShared = sharesKeys(dataDirectory);
    writeRotation(directory, { phase: "begin", since: timestamp(systemClock), ...(isShared ? { isShared } : {}) });
  },
  async finishRotation(dataDirectory) {
    const directory = pki(dataDirectory);
    const current = readRotation(directory);
    if (current?.phase !== "overlap") {
      throw new CommandError("there is no exchange of authorities to finish: begin one with wherry certs rotate");
    }
    writeRotation(directory, { ...current, phase: current.isShared === true ? "finishing" : "finish" });
  },
  async rotateEncryptionKey(dataDirectory) {
    const by = { clock: systemClock, random: systemRandom };
    if (!sharesKeys(existing(dataDirectory))) return addEncryptionKey(dataDirectory, by);
    if (readEncryptionPhase(pki(dataDirectory)) !== undefined) return "under way";
    writeEncryptionPhase(pki(dataDirectory), "begin");
    return "added";
  },
  isEncryptionRotating: async (dataDirectory) =>
    sharesKeys(existing(dataDirectory))
      ? readEncryptionPhase(pki(dataDirectory)) !== undefined
      : encryptionKeyNames(dataDirectory).length > 1,
  servers: async (dataDirectory) => readServerList(existing(dataDirectory)),
  haveAllFollowed: async (dataDirectory) => haveAllFollowed(existing(dataDirectory)),
  async forgetServer(dataDirectory, name) {
    const rows = readServerList(existing(dataDirectory)).filter((row) => row.name === name);
    if (rows.length === 0) throw new CommandError(`there is no server ${name}: wherry certs servers lists them`);
    if (rows.every(({ isRunning }) => isRunning)) throw new CommandError(`${name} runs: stop it first`);
    wishToForget(dataDirectory, name);
  },
};

/** Where objects are in etcd, other servers may have the same keys, and are to follow. */
function sharesKeys(dataDirectory: string): boolean {
  return !existsSync(join(dataDirectory, "store", "store.db"));
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
