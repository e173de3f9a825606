import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service, ServiceSpec } from "../generated/core/v1.ts";
import { prepareServiceForUpdate } from "./service-update.ts";

const service = (spec: ServiceSpec): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec,
});

function updated(spec: ServiceSpec, before: ServiceSpec): ServiceSpec {
  const wanted = service(spec);
  prepareServiceForUpdate(wanted, service(before));
  return wanted.spec ?? {};
}

const headless: ServiceSpec = { type: "ClusterIP", clusterIP: "None", clusterIPs: ["None"] };

test("who says the single address alone becomes an external name without any", () => {
  const external = { type: "ExternalName", externalName: "elsewhere.example" };
  assert.deepEqual(updated({ ...external, clusterIP: "None" }, headless), external);
  assert.deepEqual(updated({ ...external, clusterIP: "None", clusterIPs: ["None"] }, headless), external);
});

test("an address that changes along with the type is left for the rules to refuse", () => {
  const { clusterIP } = updated({ type: "ExternalName", externalName: "a.example", clusterIP: "10.0.0.9" }, headless);
  assert.equal(clusterIP, "10.0.0.9");
});
