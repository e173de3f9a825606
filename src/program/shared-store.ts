import { existsSync } from "node:fs";
import { STORAGE_ROOT } from "../apiserver/registry/storage-prefix.ts";
import type { EtcdAccess } from "../cli/choices.ts";
import { CommandError } from "../cli/command.ts";
import type { ProgramOutput } from "../cli/program.ts";
import { dataDirectoryPaths } from "../store/embedded/data-directory.ts";
import type { EtcdStore } from "../store/etcd/etcd-store.ts";
import type { Environment } from "./environment.ts";
import { readSharedCluster, type SharedCluster } from "./shared-cluster.ts";
import { storeDirectory } from "./store-directory.ts";

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

/** Whoever names an etcd for a cluster that kept its objects in the data directory begins a new one, perhaps without knowing. */
export async function tellOfObjectsLeftOut(
  { store, cluster }: SharedStore,
  { dataDirectory, etcd }: { dataDirectory: string; etcd?: EtcdAccess | undefined },
  output: Pick<ProgramOutput, "notice">,
): Promise<void> {
  if (cluster !== undefined || !existsSync(dataDirectoryPaths(storeDirectory(dataDirectory)).database)) return;
  const { items } = await store.list({ prefix: STORAGE_ROOT, limit: 1 });
  if (items.length > 0) return;
  const { prefix = "", servers = [] } = etcd ?? {};
  const data = `--data-dir ${dataDirectory}`;
  output.notice(
    `etcd has no objects below ${prefix}, while ${storeDirectory(dataDirectory)} holds those of a cluster: a new cluster begins without them.\n` +
      "  To bring them over: wherry down, empty etcd below that prefix again, then\n" +
      `    wherry store export cluster.db ${data}\n` +
      `    wherry store import cluster.db ${data} --etcd-servers ${servers.join(",")} --etcd-prefix ${prefix}`,
  );
}
