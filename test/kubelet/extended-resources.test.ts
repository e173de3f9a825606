import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { nodes } from "../../src/api/generated/resources.ts";
import { hasPhase, isReady, main, NODE, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const wanting = (amount: string) => ({
  containers: [
    { ...main, resources: { requests: { "example.com/gpu": amount }, limits: { "example.com/gpu": amount } } },
  ],
});

test("what somebody told that a node has is shared out by the kubelet, too", async () => {
  world = await startWorld();
  const amounts = { "example.com/gpu": "2" };
  const body = { status: { capacity: amounts, allocatable: amounts } };
  await world.client.patch(nodes, { name: NODE }, { type: "merge", body, subresource: "status" });
  await world.clock.advance(20_000);
  await world.create("two", wanting("2"));
  await world.until("two", isReady);
  await world.create("one-more", wanting("1"));
  const refused = await world.until("one-more", hasPhase("Failed"));
  assert.equal(refused.status?.reason, "OutOfexample.com/gpu");
  assert.match(refused.status?.message ?? "", /requested: 1, used: 2, capacity: 2$/);
});
