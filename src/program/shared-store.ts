import { STORAGE_ROOT } from "../apiserver/registry/storage-prefix.ts";
import type { EtcdAccess } from "../cli/choices.ts";
import { CommandError } from "../cli/command.ts";
import type { EtcdStore } from "../store/etcd/etcd-store.ts";
import type { Environment } from "./environment.ts";
import { readSharedCluster, type SharedCluster } from "./shared-cluster.ts";

/** kube-apiserver --etcd-compaction-interval. */
const COMPACTION_INTERVAL_MS = 5 * 60_000;

export interface SharedStore {
  readonly store: EtcdStore;
  /** What servers before this one have agreed on. */
  readonly cluster: SharedCluster | undefined;
}

/** Opens the etcd that several servers share. @throws CommandError that says what is wrong with it */
export async function openSharedStore(access: EtcdAccess, environment: Environment): Promise<SharedStore> {
  const { clock, random, log, progress } = environment;
  const [{ openEtcdStore }, { EtcdAddressError }, { mountedKeySpace }] = await Promise.all([
    import("../store/etcd/etcd-store.ts"),
    import("../store/etcd/endpoint.ts"),
    import("../store/etcd/keys.ts"),
  ]);
  const open = async (): Promise<SharedStore> => {
    const store = await openEtcdStore({
      ...access,
      clock,
      random,
      log,
      keys: mountedKeySpace(STORAGE_ROOT, `${access.prefix}/`),
      probeKey: STORAGE_ROOT,
      watchPrefix: STORAGE_ROOT,
      compactionIntervalMs: COMPACTION_INTERVAL_MS,
    });
    try {
      return { store, cluster: await readSharedCluster(store) };
    } catch (error) {
      await store.close();
      throw error;
    }
  };
  try {
    return await progress.step("etcd", open, ({ store }) => store.description);
  } catch (error) {
    if (error instanceof EtcdAddressError) throw new CommandError(error.message, 2);
    throw error;
  }
}
