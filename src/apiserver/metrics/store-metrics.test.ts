import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema } from "../../api/schema-data.ts";
import { Metrics } from "../../base/metrics.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import { measuredStore } from "./store-metrics.ts";

test("what the store is asked is counted and timed by operation and resource, and what it cannot do as an error", async () => {
  const metrics = new Metrics();
  const clock = new VirtualClock();
  const engine = createMemoryStore({ clock });
  const store = measuredStore(engine, { metrics, clock, resources: loadSchema().resources });
  const value = Buffer.from("{}");
  const { revision } = await store.create("/registry/services/specs/shop/web", value);
  await assert.rejects(store.create("/registry/services/specs/shop/web", value), { name: "KeyExistsError" });
  await store.update("/registry/services/specs/shop/web", value, revision);
  await store.list({ prefix: "/registry/pods/" });
  await store.create("/registry/stable.example.com/crontabs/shop/tab", value);
  engine.get = () => Promise.reject(new StoreUnavailableError("it is away"));
  await assert.rejects(store.get("/registry/pods/shop/web"), { name: "StoreUnavailableError" });
  const lines = metrics.text().split("\n");
  const found = (name: string) => lines.filter((line) => line.startsWith(`${name}{`)).sort();
  assert.deepEqual(found("etcd_requests_total"), [
    'etcd_requests_total{operation="create",group="",resource="services"} 2',
    'etcd_requests_total{operation="create",group="stable.example.com",resource="crontabs"} 1',
    'etcd_requests_total{operation="get",group="",resource="pods"} 1',
    'etcd_requests_total{operation="list",group="",resource="pods"} 1',
    'etcd_requests_total{operation="update",group="",resource="services"} 1',
  ]);
  assert.deepEqual(
    found("etcd_request_errors_total").filter((line) => !line.endsWith(" 0")),
    ['etcd_request_errors_total{operation="get",group="",resource="pods"} 1'],
  );
  assert.equal(found("etcd_request_duration_seconds_count").length, 5);
  await store.close();
});
