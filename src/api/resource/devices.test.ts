import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "../field-error.ts";
import type { ResourceClaim, ResourceClaimSpec, ResourceSliceSpec } from "../generated/resource.k8s.io/v1.ts";
import { claimFromStored, claimToStored, sliceFromStored, sliceToStored } from "./convert-v1beta1.ts";
import { validateClaimSpec, validateClaimStatus } from "./validate-claim.ts";
import { validateSliceSpec } from "./validate-slice.ts";

const texts = (errors: readonly FieldError[]) => errors.map(({ field, message }) => `${field}: ${message}`);
const exactly = { deviceClassName: "gpu.example.com", allocationMode: "ExactCount", count: 1 };
const gpu = { name: "gpu", exactly };
const ask = (...requests: object[]) => ({ devices: { requests } }) as ResourceClaimSpec;

const claims: readonly [string, ResourceClaimSpec, readonly string[]][] = [
  ["one device", ask(gpu), []],
  ["the same name twice", ask(gpu, gpu), ['s.devices.requests[1].name: Duplicate value: "gpu"']],
  [
    "nothing",
    ask({ name: "gpu" }),
    ["s.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"],
  ],
  [
    "all, but three",
    ask({ name: "gpu", exactly: { ...exactly, allocationMode: "All", count: 3 } }),
    ['s.devices.requests[0].exactly.count: Invalid value: 3: must not be specified when allocationMode is "All"'],
  ],
  [
    "a constraint on nobody",
    { devices: { requests: [gpu], constraints: [{ requests: ["nic"], matchAttribute: "example.com/numa" }] } },
    [
      "s.devices.constraints[0].requests[0]: Invalid value: \"nic\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
    ],
  ],
];

for (const [title, spec, expected] of claims) {
  test(`a claim of ${title}`, () => assert.deepEqual(texts(validateClaimSpec(spec, "s")), expected));
}

const pool = { name: "a", generation: 1, resourceSliceCount: 1 };
const slice = (more: object): ResourceSliceSpec => ({ driver: "gpu.example.com", nodeName: "a", pool, ...more });

const slices: readonly [string, ResourceSliceSpec, readonly string[]][] = [
  ["a device", slice({ devices: [{ name: "gpu-0", attributes: { model: { string: "a" } } }] }), []],
  [
    "no place",
    slice({ nodeName: undefined }),
    ["s: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"],
  ],
  [
    "a version that is none",
    slice({ devices: [{ name: "gpu-0", attributes: { driver: { version: "1" } } }] }),
    [
      's.devices[0].attributes[driver].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
    ],
  ],
  [
    "an empty pool",
    slice({ pool: { ...pool, resourceSliceCount: 0 } }),
    ["s.pool.resourceSliceCount: Invalid value: 0: must be greater than zero"],
  ],
];

for (const [title, spec, expected] of slices) {
  test(`a slice with ${title}`, () => assert.deepEqual(texts(validateSliceSpec(spec, "s")), expected));
}

test("v1beta1 says the same in its own shape, and comes back as it was", () => {
  const sub = { name: "small", deviceClassName: "gpu.example.com" };
  const claim = { apiVersion: "resource.k8s.io/v1", spec: ask(gpu, { name: "any", firstAvailable: [sub] }) };
  const beta = claimFromStored(claim as ResourceClaim);
  assert.deepEqual(beta.spec.devices?.requests, [
    { name: "gpu", ...exactly },
    { name: "any", firstAvailable: [sub] },
  ]);
  assert.deepEqual(claimToStored(beta), claim);
  const stored = {
    apiVersion: "resource.k8s.io/v1",
    spec: slice({ devices: [{ name: "gpu-0", attributes: { model: { string: "a" } } }] }),
  };
  const shown = sliceFromStored(stored);
  assert.deepEqual(shown.spec.devices, [{ name: "gpu-0", basic: { attributes: { model: { string: "a" } } } }]);
  assert.deepEqual(sliceToStored(shown), stored);
});

test("a claim is used by nobody before it has devices", () => {
  const old: ResourceClaim = { spec: ask(gpu) };
  const reservedFor = [{ resource: "pods", name: "web", uid: "1" }];
  assert.deepEqual(texts(validateClaimStatus({ ...old, status: { reservedFor } }, old)), [
    "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
  ]);
});
