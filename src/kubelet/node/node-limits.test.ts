import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { qualityShares } from "../host/linux-cgroups.ts";
import { noCgroups } from "../host/no-cgroups.ts";
import type { PodCgroups } from "../host/pod-cgroups.ts";
import { createSimulatedHost } from "../host/simulated-host.ts";
import { runNodeLimits } from "./node-limits.ts";

const asking = (cpu: string | undefined): Pod => ({
  metadata: { uid: `u${cpu}` },
  spec: { containers: [{ name: "c", ...(cpu !== undefined && { resources: { requests: { cpu } } }) }] },
});

test("burstable pods share what they ask for together; the others have what is left", () => {
  assert.deepEqual(qualityShares([]), { Burstable: 2, BestEffort: 2 });
  const guaranteed: Pod = {
    spec: {
      containers: [
        { name: "c", resources: { limits: { cpu: "4", memory: "1Gi" }, requests: { cpu: "4", memory: "1Gi" } } },
      ],
    },
  };
  const pods = [asking("500m"), asking("1500m"), asking(undefined), guaranteed];
  assert.deepEqual(qualityShares(pods), { Burstable: 2048, BestEffort: 2 });
});

async function setUp(cgroups: Partial<PodCgroups>) {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  const told: string[] = [];
  const pods: Pod[] = [];
  let changed = () => {};
  const running = runNodeLimits({
    cgroups: { ...noCgroups, limitsNothing: false, ...cgroups },
    facts: await createSimulatedHost().facts(),
    clock,
    signal: stopping.signal,
    pods: () => pods,
    onPods: (listener) => {
      changed = listener;
      return () => {};
    },
    tell: (events) => void told.push(...events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)),
  });
  await clock.advance(0);
  async function stop(): Promise<void> {
    stopping.abort();
    await clock.advance(0);
    await running;
  }
  function add(pod: Pod): void {
    pods.push(pod);
    changed();
  }
  return { clock, told, stop, add };
}

test("a limit that is refused is told, and tried again each minute until it is there", async () => {
  let refusals = 2;
  const { clock, told, stop } = await setUp({
    enforceNode: async () => {
      if (refusals-- > 0) throw new Error("device or resource busy");
    },
  });
  const refused =
    'Warning FailedNodeAllocatableEnforcement: Failed to update Node Allocatable Limits ["kubepods"]: device or resource busy';
  assert.deepEqual(told, [refused]);
  await clock.advance(60_000);
  await clock.advance(60_000);
  await clock.advance(300_000);
  const enforced = "Normal NodeAllocatableEnforced: Updated Node Allocatable limit across pods";
  assert.deepEqual(told, [refused, refused, enforced]);
  await stop();
});

test("the processor is shared out again soon after pods have come", async () => {
  const shared: number[] = [];
  const { clock, stop, add } = await setUp({ shareProcessor: async (pods) => void shared.push(pods.length) });
  assert.deepEqual(shared, [0]);
  add(asking("1"));
  add(asking("2"));
  await clock.advance(200);
  assert.deepEqual(shared, [0, 2]);
  await clock.advance(60_000);
  assert.deepEqual(shared, [0, 2, 2]);
  await stop();
});
