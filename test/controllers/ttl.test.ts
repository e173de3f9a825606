import assert from "node:assert/strict";
import { test } from "node:test";
import { nodes } from "../../src/api/generated/resources.ts";
import { startWorld } from "./world.ts";

test("nodes say how long what kubelets have read is good, and follow the size of the cluster", async () => {
  const names = Array.from({ length: 101 }, (_, index) => `n${index}`);
  const world = await startWorld({ controllers: ["ttl-controller"], nodes: ["n0"] });
  const ttlOf = async (name: string) =>
    (await world.client.get(nodes, { name })).metadata?.annotations?.["node.alpha.kubernetes.io/ttl"];
  await world.pass(100);
  assert.equal(await ttlOf("n0"), "0");
  for (const name of names.slice(1)) await world.client.create(nodes, { metadata: { name } });
  await world.pass(1000);
  assert.equal(await ttlOf("n100"), "15");
  const touch = { type: "merge", body: { metadata: { labels: { touched: "yes" } } } } as const;
  await world.client.patch(nodes, { name: "n0" }, touch);
  await world.pass(1000);
  assert.equal(await ttlOf("n0"), "15");
  await world.close();
});
