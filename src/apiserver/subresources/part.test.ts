import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { startMemoryServer } from "../testing/memory-server.ts";

test("an ephemeral container that comes by its subresource gets the defaults of any container", async () => {
  const memory = await startMemoryServer();
  try {
    const target = { namespace: "default", name: "web" };
    const containers = [{ name: "main", image: "web:1" }];
    await memory.client.create<Pod>(pods, { metadata: target, spec: { containers } });
    const body = { spec: { ephemeralContainers: [{ name: "debugger", image: "busybox" }] } };
    const patch = { type: "strategic", subresource: "ephemeralcontainers", body } as const;
    const { spec } = await memory.client.patch<Pod>(pods, target, patch);
    const [debug] = spec?.ephemeralContainers ?? [];
    assert.equal(debug?.imagePullPolicy, "Always");
    assert.equal(debug?.terminationMessagePath, "/dev/termination-log");
    assert.equal(debug?.terminationMessagePolicy, "File");
  } finally {
    await memory.close();
  }
});
