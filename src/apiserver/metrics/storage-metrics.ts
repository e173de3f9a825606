import type { Metrics } from "../../base/metrics.ts";
import type { ResourceTable } from "../registry/resource-table.ts";

/** How many objects there are and how many events watchers were given, read from the watch caches that are in use. */
export function storageMetrics(metrics: Metrics, table: ResourceTable): void {
  const objects = metrics.gauge(
    "apiserver_resource_objects",
    "Number of stored objects at the time of last check split by kind.",
    ["group", "resource"],
  );
  const stored = metrics.gauge(
    "apiserver_storage_objects",
    "Number of stored objects at the time of last check split by kind.",
    ["resource"],
  );
  const events = metrics.counter("apiserver_watch_events_total", "Number of events sent in watch clients", [
    "group",
    "version",
    "resource",
  ]);
  const watchers = metrics.gauge("apiserver_registered_watchers", "Number of currently registered watchers.", [
    "group",
    "version",
    "kind",
  ]);
  metrics.onCollect(() => {
    objects.clear();
    stored.clear();
    events.clear();
    watchers.clear();
    for (const { schema, storage } of table.list()) {
      if (!storage.cache.isLoaded) continue;
      const { group, version, resource, kind } = schema;
      events.labels(group, version, resource).inc(storage.cache.deliveredEvents);
      watchers.labels(group, version, kind).set(storage.cache.watcherCount);
      if (table.stored(group, resource)?.schema.version !== version) continue;
      const count = storage.cache.count(storage.prefix);
      objects.labels(group, resource).set(count);
      stored.labels(group === "" ? resource : `${resource}.${group}`).set(count);
    }
  });
}
