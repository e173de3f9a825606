import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { namespaces, nodes, pods, services } from "../../api/generated/resources.ts";
import { startMemoryServer } from "../../apiserver/testing/memory-server.ts";
import { silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { settle } from "../../base/virtual-clock.ts";
import { createInformerSet } from "../../client/informer-set.ts";
import { informersOfNodes } from "./informers-of-nodes.ts";

const samePod = (pod: Pod): Pod => pod;
const sameNode = (node: Node): Node => node;

async function scene() {
  const server = await startMemoryServer();
  const { client, clock } = server;
  await client.create(namespaces, { metadata: { name: "work" } });
  const shared = createInformerSet({ client, clock, random: seededRandom(1), log: silentLogger });
  const ofNode = informersOfNodes(shared);
  const pod = (name: string, nodeName?: string) =>
    client.create(pods, {
      metadata: { name, namespace: "work" },
      spec: { containers: [{ name: "c", image: "i" }], ...(nodeName && { nodeName }) },
    } as Pod);
  const kubelet = (nodeName: string) => {
    const set = ofNode(nodeName);
    const [bound, named] = [`spec.nodeName=${nodeName}`, `metadata.name=${nodeName}`];
    return {
      set,
      pods: set.projected({ resource: pods, fieldSelector: bound, project: samePod }),
      node: set.projected({ resource: nodes, fieldSelector: named, project: sameNode }),
    };
  };
  const close = async () => {
    await shared.stop();
    await server.close();
  };
  return { client, pod, kubelet, close };
}

const seconds = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await settle();
};

test("a kubelet sees the pods of its node as they come, change and go, and no others", async () => {
  const { client, pod, kubelet, close } = await scene();
  await pod("old", "a");
  await pod("other", "b");
  await pod("waiting");
  const [a, b] = [kubelet("a"), kubelet("b")];
  await Promise.all([a.set.start(), b.set.start()]);
  const seen: string[] = [];
  const stop = a.pods.subscribe(({ key, before, after }) => {
    seen.push(`${key} ${before === undefined ? "-" : "+"}${after === undefined ? "-" : "+"}`);
  });
  assert.deepEqual(seen, ["work/old -+"]);
  assert.deepEqual(
    a.pods.list().map(({ metadata }) => metadata?.name),
    ["old"],
  );
  assert.equal(a.pods.get("work/other"), undefined);
  assert.equal(b.pods.get("work/other")?.metadata?.name, "other");
  assert.deepEqual([a.pods.list("work").length, a.pods.list("elsewhere").length], [1, 0]);

  const binding = {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name: "waiting" },
    target: { kind: "Node", name: "a" },
  };
  const target = { namespace: "work", name: "waiting" };
  await client.create(pods, binding, { subresource: "binding", target });
  await client.patch(pods, target, { type: "merge", body: { metadata: { labels: { x: "y" } } } });
  await client.delete(pods, { namespace: "work", name: "other" }, { gracePeriodSeconds: 0 });
  await client.delete(pods, { namespace: "work", name: "old" }, { gracePeriodSeconds: 0 });
  await seconds();
  assert.deepEqual(seen, ["work/old -+", "work/waiting -+", "work/waiting ++", "work/old ++", "work/old +-"]);
  assert.deepEqual(b.pods.list(), []);

  stop();
  await pod("late", "a");
  await seconds();
  assert.equal(seen.length, 5);
  assert.equal(a.pods.get("work/late")?.spec?.nodeName, "a");
  assert.throws(() => a.pods.by("owner", "b"), /has no index/);
  await close();
});

test("a kubelet sees its own node; what is for all is the same for all", async () => {
  const { client, kubelet, close } = await scene();
  const [a, b] = [kubelet("a"), kubelet("b")];
  await a.set.start();
  const cordoned: (boolean | undefined)[] = [];
  a.node.subscribe(({ after }) => void cordoned.push(after?.spec?.unschedulable));
  for (const name of ["a", "b"]) await client.create(nodes, { metadata: { name } } as Node);
  await client.patch(nodes, { name: "a" }, { type: "merge", body: { spec: { unschedulable: true } } });
  await client.patch(nodes, { name: "b" }, { type: "merge", body: { spec: { unschedulable: true } } });
  await seconds();
  assert.deepEqual(cordoned, [undefined, true]);
  assert.deepEqual([a.node.get("a")?.metadata?.name, a.node.get("b")], ["a", undefined]);
  const source = { resource: services, project: () => "a service" };
  assert.equal(a.set.projected(source).list().length, b.set.projected(source).list().length);
  await close();
});
