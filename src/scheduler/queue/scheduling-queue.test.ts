import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { exampleNode, examplePodFacts } from "../examples.ts";
import { nodeFacts } from "../facts/node-facts.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { prioritySort } from "../plugins/priority-sort.ts";
import { schedulingGates } from "../plugins/scheduling-gates.ts";
import { Action, type ClusterEvent } from "./cluster-event.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";

function create() {
  const clock = new VirtualClock();
  const queue = new SchedulingQueue({
    clock,
    sort: prioritySort,
    interests: new Map([nodeResourcesFit, schedulingGates].map((plugin) => [plugin.name, plugin.retryOn])),
    holdBack: (pod) => (schedulingGates.preEnqueue(pod) === undefined ? undefined : schedulingGates.name),
  });
  return { clock, queue };
}

const nodeAdded = (cpu: string): ClusterEvent => ({
  on: "node",
  actions: Action.add,
  after: nodeFacts(exampleNode("n", { allocatable: { cpu } })),
});
const thirsty = () => examplePodFacts("thirsty", { requests: { cpu: "8" } });

test("higher priority first, then who came first", () => {
  const { queue } = create();
  queue.add(examplePodFacts("first"));
  queue.add(examplePodFacts("second"));
  queue.add(examplePodFacts("urgent", { spec: { priority: 5 } }));
  assert.deepEqual(
    [queue.take(), queue.take(), queue.take(), queue.take()].map((waiting) => waiting?.pod.name),
    ["urgent", "first", "second", undefined],
  );
});

test("a rejected pod waits for an event that helps, and only for such a one", () => {
  const { queue } = create();
  queue.add(thirsty());
  queue.reject(queue.take()!, ["NodeResourcesFit"]);
  assert.equal(queue.take(), undefined);
  queue.happened(nodeAdded("4"));
  assert.equal(queue.take(), undefined);
  queue.happened(nodeAdded("8"));
  assert.equal(queue.take()?.attempts, 2);
});

test("an event during the pod's own cycle is not missed", () => {
  const { queue } = create();
  queue.add(thirsty());
  const waiting = queue.take()!;
  queue.happened(nodeAdded("8"));
  queue.reject(waiting, ["NodeResourcesFit"]);
  assert.equal(queue.take()?.pod.name, "thirsty");
});

test("an error backs off 1, 2, 4, 8, 10, 10 seconds, whatever happens", async () => {
  const { clock, queue } = create();
  queue.add(examplePodFacts("p"));
  for (const seconds of [1, 2, 4, 8, 10, 10]) {
    queue.reject(queue.take()!, []);
    queue.happened(nodeAdded("8"));
    await clock.advance(seconds * 1000 - 1);
    assert.equal(queue.take(), undefined, `${seconds} s`);
    await clock.advance(1);
    assert.equal(queue.sizes.active, 1, `${seconds} s`);
  }
});

test("a pod that nothing helps is tried again after five minutes", async () => {
  const { clock, queue } = create();
  queue.add(thirsty());
  queue.reject(queue.take()!, ["NodeResourcesFit"]);
  await clock.advance(4 * 60_000);
  assert.equal(queue.take(), undefined);
  await clock.advance(90_000);
  assert.equal(queue.take()?.pod.name, "thirsty");
});

test("a gated pod stays out until its last gate goes", () => {
  const { queue } = create();
  const gates = (...names: string[]) =>
    examplePodFacts("gated", { spec: { schedulingGates: names.map((name) => ({ name })) } });
  queue.add(gates("a", "b"));
  queue.happened(nodeAdded("8"));
  queue.update(gates("b"));
  assert.deepEqual(queue.sizes, { active: 0, backingOff: 0, unschedulable: 0, gated: 1 });
  queue.update(gates());
  assert.equal(queue.take()?.pod.name, "gated");
});

test("a waiter wakes when a pod comes", async () => {
  const { queue } = create();
  const stop = new AbortController();
  const available = queue.available(stop.signal);
  queue.add(examplePodFacts("p"));
  await available;
  assert.equal(queue.take()?.pod.name, "p");
  const again = queue.available(stop.signal);
  stop.abort();
  await again;
});

test("a removed pod is not tried", () => {
  const { queue } = create();
  queue.add(examplePodFacts("p"));
  queue.remove("p");
  assert.equal(queue.take(), undefined);
});
