import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps, secrets } from "../api/generated/resources.ts";
import { type ApiObject, keyOf, type ResourceReference } from "../api/meta.ts";
import { internalError } from "../api/status.ts";
import { silentLogger } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { settle, VirtualClock } from "../base/virtual-clock.ts";
import { Client } from "../client/client.ts";
import { createInformerSet } from "../client/informer-set.ts";
import { createScriptedTransport } from "../client/scripted-transport.ts";
import { type ControllerFactory, from } from "./reconciler.ts";
import { runControllers } from "./runner.ts";

test("a controller whose objects cannot be read waits alone, and starts when they can be", async () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  let isLost = true;
  const transport = createScriptedTransport(({ path }) => {
    if (path.endsWith("/secrets") && isLost) throw internalError("the key is lost");
    const name = path.endsWith("/secrets") ? "secret" : "config";
    const item = { metadata: { namespace: "default", name, resourceVersion: "1" } };
    return { metadata: { resourceVersion: "1" }, items: [item] } as ApiObject;
  });
  const client = new Client(transport);
  const informers = createInformerSet({ client, clock, random, log: silentLogger });
  const reconciled: string[] = [];
  const of =
    (resource: ResourceReference<ApiObject>): ControllerFactory =>
    (dependencies) => ({
      name: resource.resource,
      sources: [from(dependencies.informers.informer(resource), ({ after }) => (after ? [keyOf(after)] : []))],
      async reconcile(key) {
        reconciled.push(key);
        return undefined;
      },
    });
  const stop = new AbortController();
  const running = runControllers({
    factories: {
      good: of(configMaps as ResourceReference<ApiObject>),
      bad: of(secrets as ResourceReference<ApiObject>),
    },
    dependenciesFor: () => ({ client, informers, events: { event() {} }, clock, random, log: silentLogger }),
    signal: stop.signal,
    log: silentLogger,
  });
  let hasStarted = false;
  void running.started.then(() => {
    hasStarted = true;
  });
  await settle(20);
  assert.deepEqual([reconciled, hasStarted], [["default/config"], false]);
  await clock.advance(10_000);
  assert.equal(hasStarted, true);
  isLost = false;
  await clock.advance(120_000);
  assert.deepEqual(reconciled, ["default/config", "default/secret"]);
  stop.abort();
  await running.stopped;
});

test("a controller hears of objects as they are read, and works on none before all have been", async () => {
  const clock = new VirtualClock();
  const config = Promise.withResolvers<void>();
  const transport = createScriptedTransport(async ({ path }) => {
    if (path.endsWith("/configmaps")) await config.promise;
    const item = { metadata: { namespace: "default", name: path.split("/").at(-1), resourceVersion: "1" } };
    return { metadata: { resourceVersion: "1" }, items: [item] } as ApiObject;
  });
  const client = new Client(transport);
  const dependencies = { client, clock, random: seededRandom(1), log: silentLogger };
  const informers = createInformerSet(dependencies);
  const heard: string[] = [];
  const reconciled: string[] = [];
  const factory: ControllerFactory = (given) => ({
    name: "both",
    sources: [configMaps, secrets].map((resource) =>
      from(given.informers.informer(resource as ResourceReference<ApiObject>), ({ key }) => {
        heard.push(key);
        return [key];
      }),
    ),
    async reconcile(key) {
      reconciled.push(key);
      return undefined;
    },
  });
  const stop = new AbortController();
  const running = runControllers({
    factories: { both: factory },
    dependenciesFor: () => ({ ...dependencies, informers, events: { event() {} } }),
    signal: stop.signal,
    log: silentLogger,
  });
  await settle();
  assert.deepEqual([heard, reconciled], [["default/secrets"], []]);
  config.resolve();
  await running.started;
  await settle();
  assert.deepEqual(reconciled, ["default/secrets", "default/configmaps"]);
  stop.abort();
  await running.stopped;
});
