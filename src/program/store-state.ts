import { rmSync } from "node:fs";
import { STORAGE_ROOT } from "../apiserver/registry/storage-prefix.ts";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import type { StorePlace } from "../cli/backups.ts";
import type { EtcdAccess } from "../cli/choices.ts";
import { type KeySpace, mountedKeySpace } from "../store/etcd/keys.ts";
import { readEmbeddedState } from "../store/snapshot/embedded-state.ts";
import { fillStore } from "../store/snapshot/fill-store.ts";
import { type ReadSnapshotOptions, readEtcdSnapshot } from "../store/snapshot/read-etcd-snapshot.ts";
import { SnapshotError, type StoreState } from "../store/snapshot/state.ts";
import { noteRoot } from "./moved-values.ts";
import { storeDirectory } from "./store-directory.ts";

const host = { clock: systemClock, random: systemRandom, log: silentLogger };

/** Where the objects of a Wherry are in etcd. */
export function keysBelow(prefix: string): KeySpace {
  return mountedKeySpace(STORAGE_ROOT, `${prefix}/`);
}

/** All objects of a cluster at one revision; `scratch` is a file that is there only meanwhile. */
export async function readState({ dataDirectory, etcd }: StorePlace, scratch: string): Promise<StoreState> {
  if (etcd === undefined) return await readEmbeddedState(storeDirectory(dataDirectory), systemClock);
  rmSync(scratch, { force: true });
  try {
    await saveSnapshot(scratch, etcd);
    return await readSnapshot(scratch, etcd.prefix);
  } finally {
    rmSync(scratch, { force: true });
  }
}

/** What an etcd snapshot holds below a prefix; others may have keys there, too. @throws SnapshotError */
export async function readSnapshot(
  file: string,
  prefix: string,
  options: ReadSnapshotOptions = {},
): Promise<StoreState> {
  const state = await readEtcdSnapshot(file, keysBelow(prefix), options);
  const objects = state.objects.filter(({ key }) => key.startsWith(STORAGE_ROOT));
  return noteRoot({ ...state, objects }, `${prefix}/`);
}

/** etcd's own snapshot, with all of its keys. */
export async function saveSnapshot(file: string, access: EtcdAccess): Promise<void> {
  const { saveEtcdSnapshot } = await import("../store/etcd/save-snapshot.ts");
  await saveEtcdSnapshot(file, access, host);
}

/** Writes objects into an etcd that has none below the prefix. @throws SnapshotError, StoreUnavailableError */
export async function fillEtcd(access: EtcdAccess, state: StoreState): Promise<void> {
  const { openEtcdStore } = await import("../store/etcd/etcd-store.ts");
  const store = await openEtcdStore({
    ...access,
    ...host,
    keys: keysBelow(access.prefix),
    probeKey: STORAGE_ROOT,
    watchPrefix: STORAGE_ROOT,
  });
  try {
    await fillStore(store, state, STORAGE_ROOT);
  } finally {
    await store.close();
  }
}

/** @throws SnapshotError when there is nothing to restore */
export function requireObjects(state: StoreState, file: string, prefix: string): StoreState {
  if (state.objects.length > 0) return state;
  throw new SnapshotError(`${file} holds nothing below ${prefix}: say with --etcd-prefix where the objects are`);
}
