import { existsSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import type { Backups, ImportStore, Restored } from "../cli/backups.ts";
import { CommandError } from "../cli/command.ts";
import { makeDataDirectory } from "../cli/data-directory.ts";
import { dataDirectoryPaths } from "../store/embedded/data-directory.ts";
import { MAGIC } from "../store/snapshot/backup-format.ts";
import { writeEmbeddedState } from "../store/snapshot/embedded-state.ts";
import { neededKeys } from "../store/snapshot/needed-keys.ts";
import { readBackup } from "../store/snapshot/read-backup.ts";
import { REVISION_BUMP, type StoreState } from "../store/snapshot/state.ts";
import { writeEtcdSnapshot } from "../store/snapshot/write-etcd-snapshot.ts";
import { missingKeys, readKeyFiles } from "./backup-files.ts";
import { beginningOf } from "./beginning-of-file.ts";
import { asideName, isEmptyDirectory, requireStopped, storeDirectory } from "./store-directory.ts";
import { fillEtcd, keysBelow, readSnapshot, readState, requireObjects, saveSnapshot } from "./store-state.ts";

export const exportStore: Backups["exportStore"] = async (options) => {
  const { file, etcd, prefix } = options;
  if (existsSync(file)) throw new CommandError(`${file} is there already: choose another name`);
  if (etcd !== undefined) {
    await saveSnapshot(`${file}.part`, etcd).catch((error: unknown) => {
      rmSync(`${file}.part`, { force: true });
      throw error;
    });
    renameSync(`${file}.part`, file);
    return { objects: undefined };
  }
  const state = await readState(options, `${file}.etcd`);
  writeEtcdSnapshot(file, state, keysBelow(prefix));
  return { objects: state.objects.length, lost: state.lost };
};

export const importStore: Backups["importStore"] = async (options) => {
  const { dataDirectory, etcd } = options;
  const state = await readAny(options);
  const movedTo = etcd === undefined ? await fillDirectory(options, state) : undefined;
  if (etcd !== undefined) await fillEtcd(etcd, state);
  const pki = join(dataDirectory, "pki");
  const missing = missingKeys(neededKeys(state.objects), existsSync(join(pki, "ca.crt")) ? readKeyFiles(pki) : []);
  const restored: Restored = { objects: state.objects.length, missingKeys: missing };
  return {
    ...restored,
    ...(etcd === undefined ? { revision: state.revision + REVISION_BUMP } : {}),
    ...(movedTo === undefined ? {} : { movedTo }),
  };
};

/** An etcd snapshot or a backup: the file itself says which. */
async function readAny({ file, prefix, skipHashCheck }: ImportStore): Promise<StoreState> {
  if (beginningOf(file, MAGIC.length) === MAGIC) return (await readBackup(file)).state;
  return requireObjects(await readSnapshot(file, prefix, { skipHashCheck }), file, prefix);
}

/** Answers where the objects of before are, when there were some. */
async function fillDirectory({ dataDirectory, force }: ImportStore, state: StoreState): Promise<string | undefined> {
  requireStopped(dataDirectory);
  const store = storeDirectory(dataDirectory);
  const hasStore = existsSync(dataDirectoryPaths(store).database);
  if (hasStore && !force) {
    throw new CommandError(`${store} holds objects: choose another --data-dir, or let --force move them aside`, 5);
  }
  const isNew = !existsSync(dataDirectory);
  makeDataDirectory(dataDirectory);
  const draft = `${store}.importing`;
  rmSync(draft, { recursive: true, force: true });
  try {
    await writeEmbeddedState(draft, state, systemClock);
    const movedTo = existsSync(store) ? asideName(store) : undefined;
    if (movedTo !== undefined) renameSync(store, movedTo);
    renameSync(draft, store);
    return hasStore ? movedTo : undefined;
  } finally {
    rmSync(draft, { recursive: true, force: true });
    if (isNew && isEmptyDirectory(dataDirectory)) rmdirSync(dataDirectory);
  }
}
