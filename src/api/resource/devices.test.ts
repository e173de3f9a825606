import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "../field-error.ts";
import type { ResourceClaim, ResourceClaimSpec, ResourceSliceSpec } from "../generated/resource.k8s.io/v1.ts";
import { validateBindingConditions } from "./binding-conditions.ts";
import { claimFromStored, claimToStored, sliceFromStored, sliceToStored } from "./convert-v1beta1.ts";
import { validateClaimSpec } from "./validate-claim.ts";
import { validateClaimStatus } from "./validate-claim-status.ts";
import { validateSliceSpec } from "./validate-slice.ts";

const texts = (errors: readonly FieldError[]) => errors.map(({ field, message }) => `${field}: ${message}`);
const exactly = { deviceClassName: "gpu.example.com", allocationMode: "ExactCount", count: 1 };
const gpu = { name: "gpu", exactly };
const ask = (...requests: object[]) => ({ devices: { requests } }) as ResourceClaimSpec;

const claims: readonly [string, ResourceClaimSpec, readonly string[]][] = [
  ["one device", ask(gpu), []],
  ["the same name twice", ask(gpu, gpu), ['s.devices.requests[1]: Duplicate value: "gpu"']],
  [
    "nothing",
    ask({ name: "gpu" }),
    ["s.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"],
  ],
  [
    "all, but three",
    ask({ name: "gpu", exactly: { ...exactly, allocationMode: "All", count: 3 } }),
    ["s.devices.requests[0].exactly.count: Invalid value: 3: must not be specified when allocationMode is 'All'"],
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
    "two places",
    slice({ allNodes: true }),
    [
      's: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
  ],
  [
    "a place of a device",
    slice({ devices: [{ name: "gpu-0", allNodes: true }] }),
    [
      "s.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
    ],
  ],
  [
    "names and values",
    slice({ devices: [{ name: "gpu-0", attributes: { "a/b/c": { bool: true }, "/x": {} } }, { name: "gpu-0" }] }),
    [
      's.devices[0].attributes[a/b/c]: Invalid value: "a/b/c": must not contain more than one slash',
      's.devices[0].attributes[/x]: Invalid value: "": the domain must not be empty',
      's.devices[0].attributes[/x]: Invalid value: "": exactly one value must be specified',
      's.devices[1]: Duplicate value: "gpu-0"',
    ],
  ],
  [
    "counters and devices",
    slice({ devices: [{ name: "gpu-0" }], sharedCounters: [{ name: "a", counters: {} }] }),
    [
      's: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
      "s.sharedCounters[0].counters: Required value",
    ],
  ],
  [
    "shares that cannot be given",
    slice({
      devices: [
        { name: "one", capacity: { memory: { value: "1Gi", requestPolicy: {} } } },
        {
          name: "many",
          allowMultipleAllocations: true,
          capacity: {
            memory: { value: "8", requestPolicy: { default: "3", validRange: { min: "2", max: "9", step: "2" } } },
          },
        },
      ],
    }),
    [
      "s.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true",
      's.devices[1].capacity[memory].requestPolicy.validRange.max: Invalid value: "9": max is larger than capacity value: 8',
      's.devices[1].capacity[memory].requestPolicy.validRange.step: Invalid value: "3": value is not a multiple of a given step (2) from (2)',
      's.devices[1].capacity[memory].requestPolicy.validRange.step: Invalid value: "9": value is not a multiple of a given step (2) from (2)',
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

test("what drivers tell of the devices that a claim has", () => {
  const device = { driver: "gpu.example.com", pool: "a", device: "gpu-0" };
  const status = (over: object): ResourceClaim => ({
    spec: ask(gpu),
    status: {
      allocation: { devices: { results: [{ request: "gpu", ...device }] } },
      devices: [{ ...device, ...over }],
    } as NonNullable<ResourceClaim["status"]>,
  });
  const wrong = (over: object) => texts(validateClaimStatus(status(over), status({})));
  const at = "status.devices[0]";
  assert.deepEqual(wrong({ data: { a: 1 }, networkData: { ips: ["10.0.0.5/24", "2001:db8::1/64"] } }), []);
  assert.deepEqual(wrong({ data: [1] }), [`${at}.data: Invalid value: "<value omitted>": must be a valid JSON object`]);
  assert.deepEqual(
    wrong({ networkData: { interfaceName: "e".repeat(257), ips: ["10.0.0.5", "2001:DB8::1/64", "10.0.0.5"] } }),
    [
      `${at}.networkData.interfaceName: Too long: may not be more than 256 bytes`,
      `${at}.networkData.ips[0]: Invalid value: "10.0.0.5": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)`,
      `${at}.networkData.ips[1]: Invalid value: "2001:DB8::1/64": must be in canonical form ("2001:db8::1/64")`,
      `${at}.networkData.ips[2]: Invalid value: "10.0.0.5": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)`,
      `${at}.networkData.ips[2]: Duplicate value: "10.0.0.5"`,
    ],
  );
  assert.deepEqual(wrong({ shareID: "a" }), [
    `${at}.shareID: Invalid value: "a": uid must be in RFC 4122 normalized form, \`xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\` with lowercase hexadecimal characters`,
    `${at}: Invalid value: "gpu.example.com/a/gpu-0/a": must be an allocated device in the claim`,
  ]);
});

test("binding conditions come with what would fail, and say nothing twice", () => {
  const errors = (bindingConditions: string[], bindingFailureConditions: string[]) =>
    texts(validateBindingConditions({ bindingConditions, bindingFailureConditions }, "d"));
  assert.deepEqual(errors(["a"], ["b"]), []);
  assert.deepEqual(errors(["a", "a"], ["b", "a", "b"]), [
    'd.bindingConditions[1]: Duplicate value: "a"',
    'd.bindingFailureConditions[1]: Invalid value: "a": bindingFailureConditions must not overlap with bindingConditions',
    'd.bindingFailureConditions[2]: Duplicate value: "b"',
  ]);
  assert.deepEqual(errors([], ["b"]), [
    "d.bindingConditions: Invalid value: null: bindingConditions are required to use bindingFailureConditions",
  ]);
  assert.deepEqual(errors(["a", "b", "c", "d", "e"], []), [
    "d.bindingConditions: Too many: 5: must have at most 4 items",
    "d.bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions",
  ]);
});
