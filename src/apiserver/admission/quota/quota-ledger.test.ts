import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap, ResourceQuota } from "../../../api/generated/core/v1.ts";
import { configMaps } from "../../../api/generated/resources.ts";
import { formatQuantity } from "../../../api/quantity.ts";
import { quotaUse } from "../../../api/quota/usage.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "../admission.ts";
import { quotaLedger } from "./quota-ledger.ts";

test("a write that gets to the store while all objects are read is counted", async () => {
  const read = Promise.withResolvers<ConfigMap[]>();
  const reader = { list: () => read.promise };
  const ledger = quotaLedger({ reader, clock: new VirtualClock() } as unknown as AdmissionDependencies);
  const ends: (() => void)[] = [];
  const attributes = {
    namespace: "team",
    resource: configMaps,
    onEnd: (end: () => void) => ends.push(end),
  } as unknown as AdmissionAttributes;
  const map = (name: string): ConfigMap => ({ metadata: { namespace: "team", name, uid: name } });
  const object = map("written");
  ledger.begin(attributes, { resource: "configmaps", object, use: quotaUse("configmaps", object) } as never);
  const quota: ResourceQuota = { metadata: { name: "q", namespace: "team" }, status: { hard: { configmaps: "5" } } };
  const counted = ledger.atLeast(quota, new Map(), { attributes, resource: "configmaps" });
  for (const end of ends) end();
  read.resolve([map("older")]);
  assert.equal(formatQuantity((await counted).get("configmaps")!), "2");
});
