import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../src/api/generated/core/v1.ts";
import { services } from "../../src/api/generated/resources.ts";
import { startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { silentLogger } from "../../src/base/log.ts";
import { ensureKubernetesService, keepKubernetesService } from "../../src/bootstrap/kubernetes-service.ts";

const NAME = { namespace: "default", name: "kubernetes" };

test("the Service kubernetes comes back when it is deleted", async () => {
  const { client, clock, close } = await startMemoryServer();
  const stop = new AbortController();
  const at = { clusterIP: "10.96.0.1", address: "10.1.0.1", port: 6443 };
  await ensureKubernetesService(client, at);
  const kept = keepKubernetesService(client, at, { clock, log: silentLogger, signal: stop.signal });
  await client.delete(services, NAME);
  await assert.rejects(client.get(services, NAME), /not found/);
  await clock.advance(10_000);
  const { spec } = await client.get<Service>(services, NAME);
  assert.equal(spec?.clusterIP, "10.96.0.1");
  stop.abort();
  await kept;
  await close();
});
