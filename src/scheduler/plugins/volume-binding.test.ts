import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Client } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { createScriptedTransport } from "../../client/scripted-transport.ts";
import { ClusterCache } from "../cache/cluster-cache.ts";
import { exampleNode, exampleNodeInfo, examplePodFacts } from "../examples.ts";
import type { ClaimFacts, StorageClassFacts, VolumeFacts } from "../facts/volume-facts.ts";
import { volumeBinding } from "./volume-binding.ts";

/** Items that a test changes, with subscribers that hear of it. */
function known<P>(items: Record<string, P>): Informer<P> & { set(key: string, item: P): void } {
  const handlers = new Set<(change: { key: string }) => void>();
  return {
    synced: Promise.resolve(),
    hasSynced: () => true,
    get: (key) => items[key],
    list: () => Object.values(items),
    each: () => Object.values(items),
    by: () => [],
    subscribe(handler) {
      handlers.add(handler);
      for (const key of Object.keys(items)) handler({ key });
      return () => handlers.delete(handler);
    },
    set(key, item) {
      items[key] = item;
      for (const handler of handlers) handler({ key });
    },
  };
}

const claim = (of: Partial<ClaimFacts> = {}): ClaimFacts => ({
  phase: "Pending",
  beingDeleted: false,
  volumeName: "",
  bound: false,
  storageClass: "",
  ...of,
});
const lazy = (of: Partial<StorageClassFacts> = {}): StorageClassFacts => ({
  waitsForPod: true,
  provisions: true,
  topologies: [],
  ...of,
});

function create(of: {
  claim?: ClaimFacts;
  volumes?: Record<string, VolumeFacts>;
  classes?: Record<string, StorageClassFacts>;
}) {
  const transport = createScriptedTransport(() => ({}));
  const clock = new VirtualClock();
  const claims = known(of.claim === undefined ? {} : { "default/data": of.claim });
  const plugin = volumeBinding({
    client: new Client(transport),
    clock,
    volumes: { claims, volumes: known(of.volumes ?? {}), classes: known(of.classes ?? {}) },
  });
  return { plugin, claims, transport, clock };
}

const pod = examplePodFacts("p", {
  spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] },
});
const inZone = (zone: string) => exampleNodeInfo(exampleNode(zone, { labels: { zone } }));
const only = (zone: string): VolumeFacts => ({
  nodeTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: [zone] }] }],
});

const refused: { name: string; of: Parameters<typeof create>[0]; reason: string }[] = [
  { name: "no claim", of: {}, reason: 'persistentvolumeclaim "data" not found' },
  {
    name: "a dying claim",
    of: { claim: claim({ beingDeleted: true }) },
    reason: 'persistentvolumeclaim "data" is being deleted',
  },
  { name: "not bound yet", of: { claim: claim() }, reason: "pod has unbound immediate PersistentVolumeClaims" },
  {
    name: "a lost volume",
    of: { claim: claim({ phase: "Lost", volumeName: "pv" }) },
    reason: 'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"',
  },
];
for (const { name, of, reason } of refused) {
  test(`volumes: ${name}`, () => {
    const result = create(of).plugin.preFilter(pod, new ClusterCache());
    assert.ok("rejection" in result);
    assert.deepEqual(result.rejection.reasons, [reason]);
  });
}

const placed: { name: string; of: Parameters<typeof create>[0]; fits: boolean[] }[] = [
  {
    name: "where the volume is",
    of: { claim: claim({ bound: true, volumeName: "pv" }), volumes: { pv: only("a") } },
    fits: [true, false],
  },
  {
    name: "a volume for everywhere",
    of: { claim: claim({ bound: true, volumeName: "pv" }), volumes: { pv: { nodeTerms: undefined } } },
    fits: [true, true],
  },
  {
    name: "made on demand",
    of: { claim: claim({ storageClass: "fast" }), classes: { fast: lazy() } },
    fits: [true, true],
  },
  {
    name: "made on demand, in some zones",
    of: {
      claim: claim({ storageClass: "fast" }),
      classes: { fast: lazy({ topologies: [[{ key: "zone", values: ["b"] }]] }) },
    },
    fits: [false, true],
  },
  {
    name: "never made",
    of: { claim: claim({ storageClass: "local" }), classes: { local: lazy({ provisions: false }) } },
    fits: [false, false],
  },
];
for (const { name, of, fits } of placed) {
  test(`volumes: ${name}`, () => {
    const { plugin } = create(of);
    const result = plugin.preFilter(pod, new ClusterCache());
    assert.ok("state" in result);
    const found = ["a", "b"].map((zone) => plugin.filter(pod, inZone(zone), result.state) === undefined);
    assert.deepEqual(found, fits);
  });
}

test("binding waits for the volume, which is told the node", async () => {
  const { plugin, claims, transport } = create({ claim: claim({ storageClass: "fast" }), classes: { fast: lazy() } });
  const bound = plugin.preBind(pod, "a", new AbortController().signal);
  await Promise.resolve();
  assert.deepEqual(transport.requests[0]?.body, {
    metadata: { annotations: { "volume.kubernetes.io/selected-node": "a" } },
  });
  claims.set("default/data", claim({ bound: true, volumeName: "pv" }));
  assert.equal(await bound, undefined);
});

test("a volume that never comes gives up", async () => {
  const { plugin, clock } = create({ claim: claim({ storageClass: "fast" }), classes: { fast: lazy() } });
  const bound = plugin.preBind(pod, "a", new AbortController().signal);
  await clock.advance(600_000);
  assert.deepEqual((await bound)?.reasons, ["timed out waiting for the condition"]);
});
