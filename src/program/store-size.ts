import { statSync } from "node:fs";
import type { Metrics } from "../base/metrics.ts";
import { dataDirectoryPaths } from "../store/embedded/data-directory.ts";

/** How large the files of the embedded store are, looked up when somebody asks (upstream: what etcd says of itself). */
export function storeSizeMetric(metrics: Metrics, directory: string): void {
  const { database, writeAheadLog } = dataDirectoryPaths(directory);
  const size = metrics
    .gauge("apiserver_storage_size_bytes", "Size of the storage database file physically allocated in bytes.", [
      "storage_cluster_id",
    ])
    .labels("embedded");
  metrics.onCollect(() => size.set(sizeOf(database) + sizeOf(writeAheadLog)));
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
