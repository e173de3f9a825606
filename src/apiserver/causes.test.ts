import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps } from "../api/generated/resources.ts";
import { withTrace } from "../base/trace.ts";
import { settle } from "../base/virtual-clock.ts";
import { startMemoryServer } from "./testing/memory-server.ts";

test("a watch in process tells the trace of the request that made each change", async () => {
  const memory = await startMemoryServer();
  const scope = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const event of memory.client.watch(configMaps, { signal: scope.signal, resourceVersion: "1" })) {
      seen.push(`${event.type} ${event.cause?.traceId[0]}`);
    }
  })();
  await settle();
  const target = { namespace: "default", name: "a" };
  const caused = <T>(digit: string, work: () => Promise<T>) =>
    withTrace({ traceId: digit.repeat(32), spanId: digit.repeat(16) }, work);
  await caused("1", () => memory.client.create(configMaps, { metadata: target }));
  await caused("2", () => memory.client.patch(configMaps, target, { type: "merge", body: { data: { x: "1" } } }));
  await caused("3", () => memory.client.delete(configMaps, target));
  await settle();
  assert.deepEqual(seen, ["ADDED 1", "MODIFIED 2", "DELETED 3"]);
  scope.abort();
  await watching;
  await memory.close();
});
