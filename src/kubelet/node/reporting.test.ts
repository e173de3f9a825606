import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createSimulatedRuntime } from "../cri/simulated/simulated-runtime.ts";
import { createSimulatedHost } from "../host/simulated-host.ts";
import type { KubeletOptions } from "../kubelet-options.ts";
import { createNodeReporting } from "./reporting.ts";

async function reportedNode() {
  const clock = new VirtualClock();
  const runtime = createSimulatedRuntime({ clock, random: seededRandom(1) });
  const host = createSimulatedHost();
  const pressures: string[] = [];
  const kubelet = {
    ...{ clock, runtime, host, log: silentLogger, nodeName: "a", tellsOfNode: false, serverPort: 10250 },
    ...{ nodeAddresses: [{ type: "InternalIP", address: "10.0.0.1" }], kubeletVersion: "v1.36.0" },
  } as unknown as KubeletOptions;
  const reporting = createNodeReporting(kubelet, {
    facts: await host.facts(),
    version: await runtime.runtime.version(),
    lifecycle: { lastListMs: () => clock.monotonic(), stopped: async () => {} },
    signal: new AbortController().signal,
    pressures: () => pressures,
    revision: () => undefined,
  });
  return { clock, runtime, pressures, status: reporting.status.bind(reporting) };
}

test("a status that would say nothing new is the one from before", async () => {
  const { clock, status } = await reportedNode();
  const first = await status({}, false);
  await clock.advance(10_000);
  assert.equal(await status(first, false), first);
  // Whoever has another one is told the whole.
  assert.notEqual(await status({ ...first }, false), first);
});

test("one that is due has the times of now, and the others as they were", async () => {
  const { clock, status } = await reportedNode();
  const first = await status({}, false);
  await clock.advance(300_000);
  const second = await status(first, true);
  const heartbeat = ({ conditions = [] }: typeof first) => conditions.map((each) => each.lastHeartbeatTime);
  assert.notDeepEqual(heartbeat(second), heartbeat(first));
  assert.deepEqual(
    second.conditions?.map((each) => each.lastTransitionTime),
    first.conditions?.map((each) => each.lastTransitionTime),
  );
});

test("an image or a shortage is news", async () => {
  const { clock, runtime, pressures, status } = await reportedNode();
  const first = await status({}, false);
  const pull = runtime.images.pullImage("web:1");
  await clock.advance(60_000);
  await pull;
  const second = await status(first, false);
  assert.equal(second.images?.length, 1);
  pressures.push("MemoryPressure");
  const third = await status(second, false);
  assert.equal(third.conditions?.find(({ type }) => type === "MemoryPressure")?.status, "True");
  pressures.pop();
  assert.equal((await status(third, false)).conditions?.find(({ type }) => type === "MemoryPressure")?.status, "False");
});
