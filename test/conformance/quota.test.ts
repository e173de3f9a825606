import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Pod, ResourceQuotaSpec } from "../../src/api/generated/core/v1.ts";
import {
  configMaps,
  limitRanges,
  pods,
  replicaSets,
  replicationControllers,
  resourceQuotas,
  secrets,
  services,
} from "../../src/api/generated/resources.ts";
import { limitRanger } from "../../src/apiserver/admission/limit-ranger.ts";
import { resourceQuota } from "../../src/apiserver/admission/quota/resource-quota.ts";
import { startWorld } from "../controllers/world.ts";

const NAME = { namespace: "shop", name: "quota" };
const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "a:1" }] } };

/** The API server with its quota plugin, and the controller that counts. */
async function start(hard: Record<string, string>, more: Partial<ResourceQuotaSpec> = {}) {
  const world = await startWorld({
    controllers: ["resourcequota-controller", "replicaset-controller", "replicationcontroller-controller"],
    admission: (dependencies) => [limitRanger(dependencies), resourceQuota(dependencies)],
  });
  const { client } = world;
  await client.create(resourceQuotas, { metadata: { ...NAME }, spec: { hard, ...more } });
  await world.pass(1000);
  return {
    ...world,
    used: async () => (await client.get(resourceQuotas, NAME)).status?.used,
    pod: (name: string, spec: Partial<Pod["spec"]> = {}, resources: object = {}) =>
      client.create(pods, {
        metadata: { namespace: "shop", name },
        spec: { containers: [{ name: "main", image: "a:1", resources }], ...spec },
      }),
  };
}

describe("quotas as upstream's suite sees them", () => {
  it("are counted as soon as they are there, and as objects of each kind come and go", async () => {
    const kinds = ["configmaps", "secrets", "services", "replicationcontrollers", "count/replicasets.apps", "pods"];
    const world = await start(Object.fromEntries([...kinds, "services.nodeports"].map((kind) => [kind, "5"])));
    const { client } = world;
    assert.deepEqual(Object.values((await world.used())!), ["0", "0", "0", "0", "0", "0", "0"]);
    const at = { namespace: "shop", name: "one" };
    await client.create(configMaps, { metadata: { ...at } });
    await client.create(secrets, { metadata: { ...at } });
    await client.create(services, { metadata: { ...at }, spec: { type: "NodePort", ports: [{ port: 80 }] } });
    await client.create(replicationControllers, { metadata: { ...at }, spec: { replicas: 0, template } });
    await client.create(replicaSets, {
      metadata: { ...at },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    });
    await world.pass(2000);
    assert.deepEqual(await world.used(), {
      ...Object.fromEntries(kinds.map((kind) => [kind, "1"])),
      pods: "2",
      "services.nodeports": "1",
    });
    for (const resource of [configMaps, secrets, services, replicationControllers])
      await client.delete(resource, at, { propagationPolicy: "Background" });
    await world.pass(10_000);
    const { configmaps, services: left } = (await world.used())!;
    assert.deepEqual([configmaps, left], ["0", "0"]);
    await world.close();
  });

  it("that are changed or deleted let in what was too much", async () => {
    const world = await start({ configmaps: "0" });
    const make = (name: string) => world.client.create(configMaps, { metadata: { namespace: "shop", name } });
    await assert.rejects(make("a"), {
      message:
        'configmaps "a" is forbidden: exceeded quota: quota, requested: configmaps=1, used: configmaps=0, limited: configmaps=0',
    });
    await world.client.patch(resourceQuotas, NAME, { type: "merge", body: { spec: { hard: { configmaps: "1" } } } });
    await world.pass(1000);
    await make("a");
    await assert.rejects(make("b"), { code: 403 });
    await world.client.delete(resourceQuotas, NAME);
    await make("b");
    await world.close();
  });

  it("of a scope count only their pods", async () => {
    for (const [scope, counts, doesNot] of [
      ["Terminating", { activeDeadlineSeconds: 3600 }, {}],
      ["NotTerminating", {}, { activeDeadlineSeconds: 3600 }],
    ] as const) {
      const world = await start({ pods: "5" }, { scopes: [scope] });
      await world.pod("counts", counts);
      await world.pod("not", doesNot);
      await world.pass(1000);
      assert.deepEqual(await world.used(), { pods: "1" }, scope);
      await world.client.delete(pods, { namespace: "shop", name: "counts" });
      await world.pass(10_000);
      assert.deepEqual(await world.used(), { pods: "0" }, scope);
      await world.close();
    }
    for (const [scope, wanted] of [
      ["BestEffort", ["best"]],
      ["NotBestEffort", ["burst"]],
    ] as const) {
      const world = await start({ pods: "1" }, { scopes: [scope] });
      await world.pod("best");
      await world.pod("burst", {}, { requests: { cpu: "1m" }, limits: { cpu: "2m" } });
      const again = (name: string) => world.pod(`${name}-2`, {}, name === "best" ? {} : { requests: { cpu: "1m" } });
      for (const name of wanted) await assert.rejects(again(name), { code: 403 }, scope);
      await world.close();
    }
  });

  it("that are full are told by the controller's ReplicaFailure, until there is room", async () => {
    const world = await start({ pods: "2" });
    const at = { namespace: "shop", name: "web" };
    await world.client.create(replicationControllers, { metadata: { ...at }, spec: { replicas: 3, template } });
    await world.pass(5000);
    const failure = async () =>
      (await world.client.get(replicationControllers, at)).status?.conditions?.find(
        ({ type }) => type === "ReplicaFailure",
      );
    assert.equal((await failure())?.reason, "FailedCreate");
    assert.match(
      (await failure())?.message ?? "",
      /exceeded quota: quota, requested: pods=1, used: pods=2, limited: pods=2/,
    );
    await world.client.patch(replicationControllers, at, { type: "merge", body: { spec: { replicas: 2 } } });
    await world.pass(60_000);
    assert.equal(await failure(), undefined);
    await world.close();
  });

  it("and limit ranges: defaults are filled in, least and most are kept to", async () => {
    const world = await start({ "requests.cpu": "1" });
    const limits = [
      {
        type: "Container",
        default: { cpu: "200m" },
        defaultRequest: { cpu: "100m" },
        min: { cpu: "50m" },
        max: { cpu: "500m" },
      },
    ];
    await world.client.create(limitRanges, { metadata: { namespace: "shop", name: "limits" }, spec: { limits } });
    const { spec } = await world.pod("plain");
    assert.deepEqual(spec?.containers[0]?.resources, { limits: { cpu: "200m" }, requests: { cpu: "100m" } });
    await world.pass(1000);
    assert.deepEqual(await world.used(), { "requests.cpu": "100m" });
    await assert.rejects(world.pod("small", {}, { requests: { cpu: "10m" } }), {
      message: /minimum cpu usage per Container is 50m, but request is 10m/,
    });
    await assert.rejects(world.pod("large", {}, { limits: { cpu: "600m" } }), {
      message: /maximum cpu usage per Container is 500m, but limit is 600m/,
    });
    await world.close();
  });
});
