import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endpointSlices, namespaces, nodes, services } from "../../src/api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { systemClock } from "../../src/base/clock.ts";
import { ensureDnsService } from "../../src/dns/service.ts";

const KUBE_DNS = { namespace: "kube-system", name: "kube-dns" };
let memory: MemoryServer;

before(async () => {
  memory = await startMemoryServer();
  await memory.client.create(namespaces, { metadata: { name: "kube-system" } });
});
after(() => memory.close());

const ensure = (nodeName: string, more: { address: string; isFurther?: boolean }): Promise<string> =>
  ensureDnsService({
    ...{ client: memory.client, clock: systemClock, signal: new AbortController().signal },
    ...{ clusterIP: "10.96.0.10", port: 53, nodeName, ...more },
  });

test("each node has endpoints of its own, and pods are led to those of their node alone", async () => {
  const node = await memory.client.create(nodes, { metadata: { name: "far" } });
  assert.equal(await ensure("near", { address: "10.244.0.1" }), "10.96.0.10");
  for (let again = 0; again < 2; again++) await ensure("far", { address: "10.244.1.1", isFurther: true });

  const service = await memory.client.get(services, KUBE_DNS);
  assert.equal(service.spec?.internalTrafficPolicy, "Local");
  const { items } = await memory.client.list(endpointSlices, { namespace: "kube-system" });
  assert.deepEqual(
    items.map(({ metadata, endpoints }) => [metadata?.name, endpoints?.[0]?.nodeName, endpoints?.[0]?.addresses]),
    [
      ["kube-dns", "near", ["10.244.0.1"]],
      ["kube-dns-far", "far", ["10.244.1.1"]],
    ],
  );
  const [owner] = items[1]?.metadata?.ownerReferences ?? [];
  assert.deepEqual([owner?.kind, owner?.uid], ["Node", node.metadata?.uid]);
});

test("the service of an earlier version leads to the own node from now on; somebody's own is left alone", async () => {
  const change = async (spec: object): Promise<void> => {
    await memory.client.patch(services, KUBE_DNS, { type: "merge", body: { spec } });
  };
  const policy = async () => (await memory.client.get(services, KUBE_DNS)).spec?.internalTrafficPolicy;
  await change({ internalTrafficPolicy: "Cluster" });
  await ensure("near", { address: "10.244.0.1" });
  assert.equal(await policy(), "Local");
  await change({ internalTrafficPolicy: "Cluster", selector: { "k8s-app": "coredns" } });
  await ensure("near", { address: "10.244.0.1" });
  assert.equal(await policy(), "Cluster");
});
