import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec } from "../../api/generated/core/v1.ts";
import { pressureRejection } from "./admission.ts";
import { evictionMessage } from "./message.ts";
import { PRESSURE_TRANSITION_MS, planEviction } from "./plan.ts";
import { rankPods } from "./rank.ts";
import {
  crossedThresholds,
  DEFAULT_THRESHOLDS,
  type Observations,
  type PressureCondition,
  type Signal,
} from "./signals.ts";
import { exceededStorage, hasStorageLimits } from "./storage-limits.ts";
import type { PodUsage } from "./usage.ts";

const MIB = 1024 ** 2;
const of = (available: number, capacity = 100 * MIB) => ({ available, capacity });

test("thresholds are crossed below their amount, or their part of the capacity", () => {
  const cases: readonly (readonly [Observations, Signal[]])[] = [
    [{}, []],
    [{ "memory.available": of(100 * MIB, 1000 * MIB) }, []],
    [{ "memory.available": of(100 * MIB - 1, 1000 * MIB) }, ["memory.available"]],
    [{ "nodefs.available": of(10 * MIB) }, []],
    [{ "nodefs.available": of(10 * MIB - 1) }, ["nodefs.available"]],
    [{ "imagefs.available": of(15 * MIB - 1) }, ["imagefs.available"]],
    [{ "nodefs.inodesFree": of(49, 1000), "imagefs.inodesFree": of(50, 1000) }, ["nodefs.inodesFree"]],
    [{ "pid.available": of(0, 1000) }, []],
  ];
  for (const [observations, crossed] of cases) {
    assert.deepEqual(
      crossedThresholds(DEFAULT_THRESHOLDS, observations).map(({ signal }) => signal),
      crossed,
    );
  }
});

test("conditions stay for five minutes, and memory is reclaimed first", () => {
  const low: Observations = { "nodefs.available": of(0), "memory.available": of(0) };
  const first = planEviction({ thresholds: DEFAULT_THRESHOLDS, observations: low, lastSeenMs: new Map(), nowMs: 1000 });
  assert.deepEqual(first.conditions, ["DiskPressure", "MemoryPressure"]);
  assert.equal(first.starved?.signal, "memory.available");
  const later = (nowMs: number, observations: Observations = {}) =>
    planEviction({ thresholds: DEFAULT_THRESHOLDS, observations, lastSeenMs: first.lastSeenMs, nowMs });
  const justBefore = later(1000 + PRESSURE_TRANSITION_MS - 1);
  assert.deepEqual([justBefore.conditions.length, justBefore.starved], [2, undefined]);
  assert.deepEqual(later(1000 + PRESSURE_TRANSITION_MS).conditions, []);
  const seenAgain = later(1000 + PRESSURE_TRANSITION_MS, { "nodefs.available": of(0) });
  assert.deepEqual(seenAgain.conditions, ["DiskPressure"]);
  assert.equal(seenAgain.starved?.signal, "nodefs.available");
});

function pod(
  name: string,
  spec: Partial<PodSpec> & { requests?: Record<string, string>; limits?: Record<string, string> } = {},
): Pod {
  const { requests = {}, limits, ...rest } = spec;
  const container: Container = { name: "c", resources: { requests, ...(limits && { limits }) } };
  return { metadata: { name, uid: name }, spec: { containers: [container], ...rest } };
}

const usage = (
  change: Partial<PodUsage["containers"][number]> & Partial<Omit<PodUsage, "containers">> = {},
): PodUsage => {
  const { memoryBytes = 0, rootBytes = 0, rootInodes = 0, logBytes = 0, volumeBytes = new Map() } = change;
  return { containers: [{ name: "c", memoryBytes, rootBytes, rootInodes }], memoryBytes, logBytes, volumeBytes };
};

test("who uses more than it asked for goes first, then who matters less, then who uses most beyond it", () => {
  const pods = [
    pod("within", { requests: { memory: "100Mi" } }),
    pod("much", { requests: { memory: "10Mi" } }),
    pod("more", { requests: { memory: "1Mi" } }),
    pod("important", { priority: 1000 }),
    pod("unknown"),
  ];
  const used: Record<string, number> = { within: 90, much: 50, more: 50, important: 500 };
  const usageOf = ({ metadata }: Pod) => {
    const memory = used[metadata?.name ?? ""];
    return memory === undefined ? undefined : usage({ memoryBytes: memory * MIB });
  };
  const ranked = rankPods(pods, "memory.available", { usageOf, ownImageDisk: false });
  const names = ranked.map(({ metadata }) => metadata?.name);
  assert.deepEqual(names, ["unknown", "more", "much", "important", "within"]);
});

test("the disk that is short decides what counts", () => {
  const volumes = [
    { name: "v", emptyDir: {} },
    { name: "m", emptyDir: { medium: "Memory" } },
  ];
  const pods = [pod("layers", { volumes }), pod("files", { volumes })];
  const used: Record<string, PodUsage> = {
    layers: usage({ rootBytes: 90, volumeBytes: new Map([["m", 5000]]) }),
    files: usage({ rootBytes: 10, logBytes: 20, volumeBytes: new Map([["v", 50]]) }),
  };
  const first = (signal: Signal, ownImageDisk: boolean) =>
    rankPods(pods, signal, { usageOf: ({ metadata }) => used[metadata?.name ?? ""], ownImageDisk })[0]?.metadata?.name;
  assert.equal(first("nodefs.available", false), "layers");
  assert.equal(first("nodefs.available", true), "files");
  assert.equal(first("imagefs.available", true), "layers");
});

test("an evicted pod is told why, in upstream's words", () => {
  const starved = DEFAULT_THRESHOLDS[0]!;
  const asked = pod("p", { requests: { memory: "10Mi" } });
  const observed = of(50 * MIB, 1000 * MIB);
  const low = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ";
  assert.equal(evictionMessage(asked, starved, { observed, usage: undefined }), low);
  assert.equal(evictionMessage(asked, starved, { observed, usage: usage({ memoryBytes: 9 * MIB }) }), low);
  assert.equal(
    evictionMessage(asked, starved, { observed, usage: usage({ memoryBytes: 20 * MIB }) }),
    `${low}Container c was using 20Mi, request is 10Mi, has larger consumption of memory. `,
  );
  assert.match(evictionMessage(pod("q"), starved, { observed, usage: usage({ memoryBytes: MIB }) }), /request is 0, /);
});

test("pods that use more of the disk than they may are told by which limit", () => {
  const limited = pod("p", { limits: { "ephemeral-storage": "1Mi" } });
  const sized = pod("q", { volumes: [{ name: "v", emptyDir: { sizeLimit: "1Mi" } }] });
  assert.deepEqual([limited, sized, pod("r")].map(hasStorageLimits), [true, true, false]);
  const cases: readonly (readonly [Pod, PodUsage, string | undefined])[] = [
    [limited, usage({ rootBytes: MIB }), undefined],
    [
      limited,
      usage({ rootBytes: MIB + 1 }),
      "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ",
    ],
    [sized, usage({ volumeBytes: new Map([["v", MIB]]) }), undefined],
    [
      sized,
      usage({ volumeBytes: new Map([["v", MIB + 1]]) }),
      'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ',
    ],
  ];
  for (const [each, used, why] of cases) assert.equal(exceededStorage(each, used, { ownImageDisk: false }), why);
  const two: Pod = {
    spec: {
      containers: [
        { name: "a", resources: { limits: { "ephemeral-storage": "1Mi" } } },
        { name: "b", resources: { limits: { "ephemeral-storage": "9Mi" } } },
      ],
    },
  };
  const over = { ...usage(), containers: [{ name: "a", memoryBytes: 0, rootBytes: 2 * MIB, rootInodes: 0 }] };
  const why = 'Container a exceeded its local ephemeral storage limit "1Mi". ';
  assert.equal(exceededStorage(two, over, { ownImageDisk: false }), why);
  assert.equal(exceededStorage(two, over, { ownImageDisk: true }), undefined);
});

test("a node that is short of something takes critical pods, and short of memory those that say how much they need", () => {
  const bestEffort = pod("p");
  const burstable = pod("q", { requests: { memory: "1Mi" } });
  const critical = pod("r", { priority: 2_000_000_000 });
  const tolerant = pod("s", { tolerations: [{ key: "node.kubernetes.io/memory-pressure", operator: "Exists" }] });
  const cases: readonly (readonly [PressureCondition[], Pod, boolean])[] = [
    [[], bestEffort, true],
    [["MemoryPressure"], bestEffort, false],
    [["MemoryPressure"], burstable, true],
    [["MemoryPressure"], tolerant, true],
    [["DiskPressure"], burstable, false],
    [["DiskPressure"], tolerant, false],
    [["DiskPressure", "MemoryPressure"], burstable, false],
    [["DiskPressure"], critical, true],
  ];
  for (const [conditions, each, isTaken] of cases) {
    const rejection = pressureRejection(each, conditions);
    assert.equal(rejection === undefined, isTaken, `${conditions} ${each.metadata?.name}`);
    if (rejection !== undefined) assert.equal(rejection.message, `The node had condition: [${conditions.join(" ")}]. `);
  }
});
