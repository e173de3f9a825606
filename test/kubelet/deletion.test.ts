import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { configMaps, pods, services } from "../../src/api/generated/resources.ts";
import { isReady, main, pod, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

/** Time from a pod's deletion until its container is told to stop. */
async function killedAfterMs(name: string, graceSeconds?: number): Promise<number> {
  const deletedMs = world.clock.now();
  await world.remove(name, graceSeconds);
  for (;;) {
    if ((await world.events(name)).some((event) => event.startsWith("Normal Killing"))) break;
    assert.ok(world.clock.now() - deletedMs < 5000, `${name} is never told to stop`);
    await world.clock.advance(20);
  }
  return world.clock.now() - deletedMs;
}

async function createServing(name: string, app: string, spec: Parameters<typeof pod>[1] = {}): Promise<void> {
  const object = pod(name, spec);
  await world.client.create(pods, { ...object, metadata: { ...object.metadata, labels: { app } } });
  await world.until(name, isReady);
}

test("a pod that clients are sent to serves on for a moment after its deletion; others end at once", async () => {
  world = await startWorld();
  await world.client.create(services, {
    metadata: { name: "web", namespace: "default" },
    spec: { clusterIP: "10.96.7.7", selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  const preStop = { exec: { command: ["true"] } };
  await createServing("served", "web");
  await createServing("hurried", "web");
  await createServing("careful", "web", { containers: [{ ...main, lifecycle: { preStop } }] });
  await createServing("unserved", "other");
  const served = await killedAfterMs("served");
  assert.ok(served >= 400 && served < 1000, `${served} ms`);
  const hurried = await killedAfterMs("hurried", 1);
  assert.ok(hurried >= 400 && hurried <= 600, `at most half of its grace period: ${hurried} ms`);
  assert.ok((await killedAfterMs("careful")) < 200, "it has a hook of its own for that");
  assert.ok((await killedAfterMs("unserved")) < 200);
});

test("a change of a pod's labels or annotations is a reason to look at its volumes", async () => {
  world = await startWorld();
  const name = { namespace: "default", name: "shown" };
  await world.client.create(configMaps, { metadata: name, data: { a: "1" } });
  await world.create("reader", { volumes: [{ name: "v", configMap: { name: "shown" } }] });
  await world.until("reader", isReady);
  await world.client.delete(configMaps, name);
  await world.clock.advance(1000);
  const failed = async (): Promise<boolean> =>
    (await world.events("reader")).some((event) => event.startsWith("Warning FailedMount"));
  assert.equal(await failed(), false);
  const reader = await world.until("reader", isReady);
  await world.client.update(pods, { ...reader, metadata: { ...reader.metadata, annotations: { look: "again" } } });
  await world.clock.advance(1000);
  assert.equal(await failed(), true);
});
