import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../api/generated/core/v1.ts";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Informer } from "../../client/informer.ts";
import { followPodCidrs } from "./pod-cidrs.ts";

function setUp(onPodCidrs: (podCidrs: readonly string[]) => Promise<void>) {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  let handle: Parameters<Informer<Node>["subscribe"]>[0] | undefined;
  const informer = {
    subscribe: (handler: typeof handle) => {
      handle = handler;
      return () => {};
    },
  } as unknown as Informer<Node>;
  followPodCidrs(informer, { clock, log: silentLogger, onPodCidrs }, stopping.signal);
  const give = (...podCIDRs: string[]): void => handle?.({ key: "n", after: { spec: { podCIDRs } } });
  return { clock, give, stopping };
}

test("addresses are told once, and others after them", async () => {
  const told: string[] = [];
  const { clock, give } = setUp(async (podCidrs) => void told.push(podCidrs.join()));
  give();
  give("10.0.0.0/24");
  give("10.0.0.0/24");
  await clock.advance(0);
  give("10.0.1.0/24");
  await clock.advance(60_000);
  assert.deepEqual(told, ["10.0.0.0/24", "10.0.1.0/24"]);
});

test("what fails is told again, until it succeeds, others are wanted, or the node stops", async () => {
  const told: string[] = [];
  let failures = 2;
  const { clock, give, stopping } = setUp(async (podCidrs) => {
    told.push(podCidrs.join());
    if (failures-- > 0) throw new Error("the bridge is busy");
  });
  give("a");
  await clock.advance(499);
  assert.equal(told.length, 1);
  await clock.advance(1);
  await clock.advance(1000);
  await clock.advance(60_000);
  assert.deepEqual(told, ["a", "a", "a"]);
  failures = 100;
  give("b");
  await clock.advance(0);
  give("c");
  await clock.advance(500);
  assert.deepEqual(told.slice(3), ["b", "c"]);
  stopping.abort();
  await clock.advance(60_000);
  assert.equal(told.length, 5);
});
