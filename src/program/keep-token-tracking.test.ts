import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "../api/generated/core/v1.ts";
import { configMaps, namespaces } from "../api/generated/resources.ts";
import { startMemoryServer } from "../apiserver/testing/memory-server.ts";
import { silentLogger } from "../base/log.ts";
import { keepTokenTracking } from "./keep-token-tracking.ts";

const AT = { namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking" };
const HALF_HOUR_MS = 30 * 60_000;

test("since when uses of tokens are noted comes back, half an hour later at the latest, and stays what it is", async (context) => {
  const { client, clock, close } = await startMemoryServer();
  await client.create(namespaces, { metadata: { name: "kube-system" } });
  const kept = keepTokenTracking(client, { clock, log: silentLogger });
  context.after(async () => {
    await kept.stop({ keepPods: false });
    await close();
  });
  const since = async (): Promise<string | undefined> => (await client.get<ConfigMap>(configMaps, AT)).data?.since;
  await clock.advance(HALF_HOUR_MS);
  assert.equal(await since(), "2026-01-01");
  await clock.advance(48 * HALF_HOUR_MS);
  assert.equal(await since(), "2026-01-01");
  await client.delete(configMaps, AT);
  await clock.advance(HALF_HOUR_MS);
  assert.equal(await since(), "2026-01-02");
});
