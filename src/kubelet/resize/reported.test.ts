import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceRequirements } from "../../api/generated/core/v1.ts";
import type { LinuxContainerResources } from "../cri/config.ts";
import { reportedResources } from "./reported.ts";

const MIB = 1024 ** 2;
const small = { requests: { cpu: "20m", memory: "32Mi" }, limits: { cpu: "30m", memory: "64Mi" } };
const large = { requests: { cpu: "40m", memory: "48Mi" }, limits: { cpu: "60m", memory: "96Mi" } };
const toldSmall = { cpuPeriod: 100_000, cpuQuota: 3000, cpuShares: 20, memoryLimitInBytes: 64 * MIB };
const tiny = { requests: { cpu: "1m" }, limits: { cpu: "5m" } };

for (const [what, allocated, actual, told, expected] of [
  ["is what is allocated, where nobody says otherwise", small, small, undefined, small],
  ["is what the runtime accepted last, where it does not say", large, small, undefined, small],
  ["is what the runtime says", large, small, toldSmall, small],
  [
    "is what the runtime says, even where that is neither",
    large,
    small,
    { cpuPeriod: 50_000, cpuQuota: 2500, cpuShares: 30, memoryLimitInBytes: 80 * MIB },
    { requests: { cpu: "30m", memory: "32Mi" }, limits: { cpu: "50m", memory: "80Mi" } },
  ],
  ["has no limit that is not there yet", large, { requests: small.requests }, undefined, { requests: small.requests }],
  [
    "is written as it is allocated where the kernel cannot tell",
    tiny,
    { requests: { cpu: "2m" }, limits: { cpu: "10m" } },
    { cpuPeriod: 100_000, cpuQuota: 1000, cpuShares: 2, memoryLimitInBytes: 0 },
    tiny,
  ],
  ["has no request that nobody made", {}, {}, { cpuShares: 2, cpuQuota: 0, memoryLimitInBytes: 0 }, {}],
  [
    "has other resources as they are allocated",
    { limits: { "example.com/device": "1", cpu: "30m" } },
    { limits: { "example.com/device": "1", cpu: "20m" } },
    undefined,
    { limits: { "example.com/device": "1", cpu: "20m" } },
  ],
] as [string, ResourceRequirements, ResourceRequirements, LinuxContainerResources | undefined, object][]) {
  test(`what a running container has ${what}`, () =>
    assert.deepEqual(reportedResources({ allocated, actual, told }), expected));
}
