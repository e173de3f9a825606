import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "../../api/meta.ts";
import type { Change, Informer } from "../../client/informer.ts";
import type { DiscoveredResource } from "../discovery.ts";
import { Monitors } from "./monitors.ts";
import { factsOf, type KeptFacts } from "./owner-facts.ts";

const pods: DiscoveredResource = {
  group: "",
  version: "v1",
  resource: "pods",
  kind: "Pod",
  namespaced: true,
  verbs: ["list", "watch", "delete"],
};

const pod = (name: string, owner?: string): ApiObject => ({
  metadata: {
    name,
    namespace: "shop",
    uid: name,
    ...(owner === undefined
      ? {}
      : { ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: owner, uid: owner }] }),
  },
});

test("pods are followed as all controllers keep them, without a watch of their own", async () => {
  let tell: (change: Change<ApiObject>) => void = () => assert.fail("nobody follows");
  let stopped = 0;
  const informer = {
    synced: Promise.resolve(),
    subscribe(handler: typeof tell) {
      tell = handler;
      return () => void stopped++;
    },
  } as unknown as Informer<ApiObject>;
  const heard: { before?: KeptFacts | undefined; after?: KeptFacts | undefined }[] = [];
  const monitors = new Monitors({
    createSet: () => assert.fail("a watch of its own"),
    pods: informer,
    changed: (change) => void heard.push(change),
  });
  const { synced } = await monitors.watch([pods]);
  await synced;
  const first = pod("a", "web");
  tell({ key: "shop/a", after: first });
  tell({ key: "shop/a", before: first, after: pod("a") });
  tell({ key: "shop/a", before: pod("a") });
  const ownersOf = (kept: KeptFacts | undefined) => kept && factsOf(kept).owners.map(({ uid }) => uid);
  assert.deepEqual(
    heard.map(({ before, after }) => [ownersOf(before), ownersOf(after)]),
    [
      [undefined, ["web"]],
      [["web"], []],
      [[], undefined],
    ],
  );
  assert.equal(heard[0]?.after, first.metadata, "nothing of its own");
  assert.equal(factsOf(first.metadata!).resource.resource, "pods");
  await monitors.watch([pods]);
  assert.equal(stopped, 0);
  await monitors.watch([]);
  assert.equal(stopped, 1);
  await monitors.stop();
  assert.equal(stopped, 1);
});
