import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodSpec } from "../../api/generated/core/v1.ts";
import { claimsInUse, classesInUse } from "./in-use.ts";

const volumes = [
  { name: "data", persistentVolumeClaim: { claimName: "data" } },
  { name: "scratch", ephemeral: { volumeClaimTemplate: { spec: {} } } },
  { name: "settings", configMap: { name: "web" } },
];
const cases: [what: string, nodeName: string | undefined, phase: string, claims: string[]][] = [
  ["a pod on a node holds its claims", "node-1", "Running", ["data", "web-scratch"]],
  ["also before it runs", "node-1", "Pending", ["data", "web-scratch"]],
  ["a pod on no node holds none", undefined, "Pending", []],
  ["a pod that has ended well holds none", "node-1", "Succeeded", []],
  ["a pod that has ended badly holds none", "node-1", "Failed", []],
];
for (const [what, nodeName, phase, claims] of cases) {
  test(what, () => {
    const spec = { containers: [], volumes, ...(nodeName !== undefined && { nodeName }) } as PodSpec;
    assert.deepEqual(claimsInUse({ metadata: { name: "web" }, spec, status: { phase } }), claims);
  });
}

test("a class is in use where it is wanted and where it still is", () => {
  const claim = {
    spec: { volumeAttributesClassName: "gold" },
    status: { currentVolumeAttributesClassName: "silver" },
  };
  assert.deepEqual(classesInUse(claim), ["gold", "silver"]);
  assert.deepEqual(classesInUse({ spec: {} }), []);
});
