import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { PersistentVolumeClaim } from "../api/generated/core/v1.ts";
import { persistentVolumeClaims } from "../api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
});
after(() => memory.close());

test("what a server stored that knew fewer defaults can be changed where it may be, and nowhere else", async () => {
  const stored = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "old", namespace: "default", uid: "0f6d5c36-0d3d-4b0e-9d7b-7a3f3c1d2b11" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
      storageClassName: "slow",
      volumeName: "v",
    },
    status: { phase: "Bound", capacity: { storage: "1Gi" } },
  };
  const key = "/registry/persistentvolumeclaims/default/old";
  await memory.store.create(key, Buffer.from(JSON.stringify(stored)));
  const at = { namespace: "default", name: "old" };
  const patched = (body: object) =>
    memory.client.patch<PersistentVolumeClaim>(persistentVolumeClaims, at, { type: "merge", body });
  const labelled = await patched({ metadata: { labels: { team: "a" } } });
  assert.equal(labelled.metadata?.labels?.team, "a");
  assert.equal(labelled.spec?.volumeMode, "Filesystem");
  await assert.rejects(patched({ spec: { volumeMode: "Block" } }), /spec: Forbidden: spec is immutable/);
});
