import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StatefulSet, StatefulSetSpec } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { buildPod, NOW_MS, type PodFacts } from "../replicaset/replica-builders.ts";
import { claimOwners } from "./claims.ts";
import { claimsFor, identityLabels, podFor, type Revision } from "./identity.ts";
import { planStatefulSet, type StatefulFacts, type StatefulPlan } from "./plan.ts";
import { statefulStatus } from "./status.ts";

const labels = { app: "db" };
const revision = (name: string): Revision => ({
  name,
  template: { metadata: { labels }, spec: { containers: [{ name: "db", image: `db:${name}` }] } },
});
const [old, next] = [revision("old"), revision("new")];

function set(replicas: number, more: Partial<StatefulSetSpec> = {}): StatefulSet {
  return {
    metadata: { name: "db", namespace: "shop", uid: "uid-db", generation: 4 },
    spec: {
      replicas,
      serviceName: "db",
      selector: { matchLabels: labels },
      template: next.template,
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      ...more,
    },
  };
}

function pod(ordinal: number, more: Partial<PodFacts> & { revision?: string } = {}): Pod {
  const name = `db-${ordinal}`;
  const all = { ...labels, ...identityLabels(set(0), ordinal), "controller-revision-hash": more.revision ?? "new" };
  return buildPod({ name, ...more, labels: all });
}

function factsOf(of: StatefulSet, pods: Pod[], current = old): StatefulFacts {
  return { set: of, pods, current, update: next, nowMs: NOW_MS };
}
const plan = (of: StatefulSet, pods: Pod[]): StatefulPlan => planStatefulSet(factsOf(of, pods));
const text = ({ create, delete: gone }: StatefulPlan): string =>
  [
    ...create.map(({ ordinal, revision: { name } }) => `+${ordinal} ${name}`),
    ...gone.map((each) => `-${each.metadata?.name}`),
  ].join(" ");

describe("stateful plan", () => {
  const parallel = { podManagementPolicy: "Parallel" };
  const partition = (number: number) => ({
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: number } },
  });
  const cases: [what: string, of: StatefulSet, pods: Pod[], expected: string][] = [
    ["starts with the first", set(3), [], "+0 new"],
    ["waits until it is ready", set(3), [pod(0, { ready: false })], ""],
    ["then makes the next", set(3), [pod(0)], "+1 new"],
    ["waits for minReadySeconds", set(3, { minReadySeconds: 30 }), [pod(0, { readyForMs: 10_000 })], ""],
    ["makes all at once in parallel", set(3, parallel), [pod(1, { ready: false })], "+0 new +2 new"],
    ["counts from its first ordinal", set(2, { ordinals: { start: 5 } }), [pod(5)], "+6 new"],
    ["fills a gap before all else", set(3), [pod(0), pod(2)], "+1 new"],
    ["replaces what has failed", set(2), [pod(0, { phase: "Failed" }), pod(1)], "-db-0"],
    ["waits for a failed pod that is ending", set(2), [pod(0, { phase: "Failed", deleting: true }), pod(1)], ""],
    ["gives up the highest first", set(1), [pod(0), pod(1), pod(2)], "-db-2"],
    ["gives up one after the other", set(1), [pod(0), pod(1), pod(2, { deleting: true })], ""],
    ["gives up all at once in parallel", set(1, parallel), [pod(0), pod(1), pod(2)], "-db-2 -db-1"],
    ["does not give up while one that stays is ill", set(1), [pod(0, { ready: false }), pod(1)], ""],
    ["gives up an ill one that is the first ill one", set(1), [pod(0), pod(1, { ready: false })], "-db-1"],
    [
      "updates the highest first",
      set(3),
      [pod(0, { revision: "old" }), pod(1, { revision: "old" }), pod(2, { revision: "old" })],
      "-db-2",
    ],
    [
      "updates the next when that is done",
      set(3),
      [pod(0, { revision: "old" }), pod(1, { revision: "old" }), pod(2)],
      "-db-1",
    ],
    [
      "waits with an update in parallel too",
      set(3, parallel),
      [pod(0, { revision: "old" }), pod(1, { revision: "old" }), pod(2, { ready: false })],
      "",
    ],
    [
      "updates down to the partition",
      set(3, partition(2)),
      [pod(0, { revision: "old" }), pod(1, { revision: "old" }), pod(2)],
      "",
    ],
    [
      "makes pods below the partition anew as they were",
      set(3, partition(2)),
      [pod(1, { revision: "old" }), pod(2)],
      "+0 old",
    ],
    [
      "updates only what is deleted with OnDelete",
      set(2, { updateStrategy: { type: "OnDelete" } }),
      [pod(0, { revision: "old" })],
      "+1 new",
    ],
    [
      "leaves old pods alone with OnDelete",
      set(1, { updateStrategy: { type: "OnDelete" } }),
      [pod(0, { revision: "old" })],
      "",
    ],
    [
      "updates as many at once as may be unavailable",
      set(4, {
        ...parallel,
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0, maxUnavailable: "50%" } },
      }),
      [0, 1, 2, 3].map((ordinal) => pod(ordinal, { revision: "old" })),
      "-db-3 -db-2",
    ],
  ];
  for (const [what, of, pods, expected] of cases) it(what, () => assert.equal(text(plan(of, pods)), expected));

  it("does nothing while it is being deleted", () => {
    const deleting = { ...set(3), metadata: { ...set(3).metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
    assert.equal(text(plan(deleting, [pod(1)])), "");
  });

  it("gives a pod its label back", () => {
    const changed = pod(0);
    delete changed.metadata!.labels!["apps.kubernetes.io/pod-index"];
    assert.equal(plan(set(1), [changed]).relabel.length, 1);
  });
});

describe("stateful pods", () => {
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", metadata: set(1).metadata };
  const withClaim = set(1, {
    volumeClaimTemplates: [
      { metadata: { name: "data", labels: { tier: "fast" } }, spec: { accessModes: ["ReadWriteOnce"] } },
    ],
  });

  it("have a name, a host name, labels and claims of their own", () => {
    const made = podFor(withClaim, 3, { revision: next, owner });
    assert.equal(made.metadata?.name, "db-3");
    assert.equal(made.spec?.hostname, "db-3");
    assert.equal(made.spec?.subdomain, "db");
    assert.deepEqual(made.metadata?.labels, {
      app: "db",
      "statefulset.kubernetes.io/pod-name": "db-3",
      "apps.kubernetes.io/pod-index": "3",
      "controller-revision-hash": "new",
    });
    assert.deepEqual(made.spec?.volumes, [{ name: "data", persistentVolumeClaim: { claimName: "data-db-3" } }]);
    assert.deepEqual(claimsFor(withClaim, 3)[0]?.metadata, {
      name: "data-db-3",
      namespace: "shop",
      labels: { tier: "fast", app: "db" },
    });
  });

  for (const [whenDeleted, whenScaled, condemned, kinds] of [
    ["Retain", "Retain", false, []],
    ["Delete", "Retain", false, ["StatefulSet"]],
    ["Delete", "Retain", true, ["StatefulSet"]],
    ["Retain", "Delete", false, []],
    ["Retain", "Delete", true, ["Pod"]],
    ["Delete", "Delete", true, ["Pod"]],
  ] as const) {
    it(`claims, whenDeleted ${whenDeleted}, whenScaled ${whenScaled}, condemned ${condemned}: owned by ${kinds}`, () => {
      const of = set(1, { persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } });
      const foreign = { apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x" };
      const owners = claimOwners([foreign], { set: of, owner, pod: pod(0), condemned });
      assert.deepEqual(
        owners.map((each) => each.kind),
        ["ConfigMap", ...kinds],
      );
    });
  }
});

describe("stateful status", () => {
  it("counts pods by revision", () => {
    const pods = [pod(0, { revision: "old" }), pod(1, { revision: "old", ready: false }), pod(2)];
    assert.deepEqual(statefulStatus(factsOf(set(3), pods)), {
      replicas: 3,
      availableReplicas: 2,
      readyReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 1,
      currentRevision: "old",
      updateRevision: "new",
      collisionCount: 0,
      observedGeneration: 4,
    });
  });

  it("makes the update the current revision when it is through", () => {
    const status = statefulStatus(factsOf(set(2), [pod(0), pod(1)]));
    assert.equal(status.currentRevision, "new");
    assert.equal(status.currentReplicas, 2);
  });
});
