import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../src/api/generated/core/v1.ts";
import { persistentVolumeClaims, persistentVolumes, pods } from "../../src/api/generated/resources.ts";
import { hasReason } from "../../src/api/status.ts";
import { startWorld } from "./world.ts";

const CLAIM = { namespace: "shop", name: "data" };
const claim: PersistentVolumeClaim = {
  metadata: { ...CLAIM, finalizers: ["kubernetes.io/pvc-protection"] },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
const pod = (nodeName: string): Pod => ({
  metadata: { namespace: "shop", name: "web" },
  spec: {
    ...(nodeName !== "" && { nodeName }),
    containers: [{ name: "main", image: "a:1" }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
  },
});

async function start() {
  const world = await startWorld({
    controllers: ["persistentvolumeclaim-protection-controller", "persistentvolume-protection-controller"],
  });
  const isThere = (): Promise<boolean> =>
    world.client.get(persistentVolumeClaims, CLAIM).then(
      () => true,
      (error: unknown) => !hasReason(error, "NotFound"),
    );
  return { ...world, isThere };
}

test("a claim stays while a pod on a node uses it, and goes with that pod", async () => {
  const world = await start();
  const { client } = world;
  await client.create(persistentVolumeClaims, claim);
  await client.create(pods, pod("node-1"));
  await world.pass(1000);
  await client.delete(persistentVolumeClaims, CLAIM);
  await world.pass(1000);
  assert.equal(await world.isThere(), true);
  await client.delete(pods, { namespace: "shop", name: "web" }, { gracePeriodSeconds: 0 });
  await world.pass(1000);
  assert.equal(await world.isThere(), false);
  await world.close();
});

test("a volume stays while it is bound", async () => {
  const world = await start();
  const { client } = world;
  const volume: PersistentVolume = {
    metadata: { name: "disk", finalizers: ["kubernetes.io/pv-protection"] },
    spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, hostPath: { path: "/data" } },
  };
  const created = await client.create(persistentVolumes, volume);
  const bound = await client.update(
    persistentVolumes,
    { ...created, status: { phase: "Bound" } },
    { subresource: "status" },
  );
  await client.delete(persistentVolumes, { name: "disk" });
  await world.pass(1000);
  const leaving = await client.get(persistentVolumes, { name: "disk" });
  assert.equal(leaving.metadata?.uid, bound.metadata?.uid);
  await client.update(persistentVolumes, { ...leaving, status: { phase: "Released" } }, { subresource: "status" });
  await world.pass(1000);
  await assert.rejects(client.get(persistentVolumes, { name: "disk" }), { code: 404 });
  await world.close();
});
