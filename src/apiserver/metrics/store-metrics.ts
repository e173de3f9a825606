import type { ResourceSchema } from "../../api/schema.ts";
import type { Clock } from "../../base/clock.ts";
import type { Counter, Histogram, Metrics } from "../../base/metrics.ts";
import { KeyExistsError, RevisionMismatchError, type Store } from "../../store/store.ts";
import { STORAGE_ROOT, storagePrefix } from "../registry/storage-prefix.ts";

const LABELS = ["operation", "group", "resource"];
const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

type Operation = "get" | "list" | "create" | "update" | "delete";

interface Measures {
  readonly seconds: Histogram;
  readonly total: Counter;
  readonly errors: Counter;
}

/**
 * The store with how long it takes, under the names that dashboards know from upstream, where it is always etcd
 * (storage/etcd3/metrics). What is refused because of what is there took its time and is no error.
 */
export function measuredStore(
  store: Store,
  { metrics, clock, resources }: { metrics: Metrics; clock: Clock; resources: readonly ResourceSchema[] },
): Store {
  const measuresOf = measuresByKey(metrics, resources);
  async function measured<T>(operation: Operation, key: string, run: () => Promise<T>): Promise<T> {
    const { seconds, total, errors } = measuresOf(operation, key);
    const start = clock.monotonic();
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof KeyExistsError) && !(error instanceof RevisionMismatchError)) errors.inc();
      throw error;
    } finally {
      seconds.observe((clock.monotonic() - start) / 1000);
      total.inc();
    }
  }
  return {
    revision: () => store.revision(),
    currentRevision: () => store.currentRevision(),
    get: (key, options) => measured("get", key, () => store.get(key, options)),
    list: (request) => measured("list", request.prefix, () => store.list(request)),
    create: (key, value, options) => measured("create", key, () => store.create(key, value, options)),
    update: (key, value, expectedRevision, options) =>
      measured("update", key, () => store.update(key, value, expectedRevision, options)),
    delete: (key, expectedRevision) => measured("delete", key, () => store.delete(key, expectedRevision)),
    watch: (request) => store.watch(request),
    compact: (revision) => store.compact(revision),
    compactedRevision: () => store.compactedRevision(),
    ...(store.isStale !== undefined && { isStale: (key, value) => store.isStale!(key, value) }),
    close: () => store.close(),
  };
}

function measuresByKey(metrics: Metrics, resources: readonly ResourceSchema[]) {
  const seconds = metrics.histogram(
    "etcd_request_duration_seconds",
    "Etcd request latency in seconds for each operation and object type.",
    { labelNames: LABELS, buckets: SECONDS },
  );
  const totals = metrics.counter(
    "etcd_requests_total",
    "Etcd request counts for each operation and object type.",
    LABELS,
  );
  const errors = metrics.counter(
    "etcd_request_errors_total",
    "Etcd failed request counts for each operation and object type.",
    LABELS,
  );
  const builtIn = new Map(
    resources.map(({ group, resource }) => [storagePrefix(group, resource), { group, resource }] as const),
  );
  const known = new Map<string, Measures>();
  return (operation: Operation, key: string): Measures => {
    const prefix = prefixOf(key, builtIn);
    const name = `${operation} ${prefix}`;
    let found = known.get(name);
    if (found === undefined) {
      const [group = "", resource = ""] = prefix.slice(STORAGE_ROOT.length).split("/");
      const of = builtIn.get(prefix) ?? { group, resource };
      const labels = [operation, of.group, of.resource];
      found = { seconds: seconds.labels(...labels), total: totals.labels(...labels), errors: errors.labels(...labels) };
      known.set(name, found);
    }
    return found;
  };
}

/** What is built in has a prefix of its own; the two first parts of other keys are the group and name of a custom resource. */
function prefixOf(key: string, builtIn: ReadonlyMap<string, unknown>): string {
  const first = key.indexOf("/", STORAGE_ROOT.length) + 1;
  const one = key.slice(0, first);
  return builtIn.has(one) ? one : key.slice(0, key.indexOf("/", first) + 1);
}
