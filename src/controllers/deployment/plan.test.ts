import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findCondition } from "../../api/conditions.ts";
import type { Deployment, DeploymentSpec, ReplicaSet } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { buildPod } from "../replicaset/replica-builders.ts";
import { REVISION, REVISION_HISTORY } from "./annotations.ts";
import { buildDeployment, buildSet, NOW_MS, type SetFacts } from "./deployment-builders.ts";
import { type DeploymentPlan, planDeployment } from "./plan.ts";
import { replicasOf } from "./replica-sets.ts";

function plan(deployment: Deployment, sets: ReplicaSet[], pods: Pod[] = [], nowMs = NOW_MS): DeploymentPlan {
  return planDeployment({ deployment, sets, podsOf: () => pods, nowMs });
}

/** `web-1 → 2` for each set that the plan writes. */
function sizes(of: DeploymentPlan): string[] {
  const written = of.create === undefined ? of.update : [of.create, ...of.update];
  return written.map((set) => `${set.metadata?.name} → ${replicasOf(set)}`);
}

const messages = (of: DeploymentPlan): string[] => of.events.map((event) => event.message);
const progressing = (of: DeploymentPlan) => findCondition(of.status.conditions, "Progressing");

describe("deployment plan: the first set", () => {
  it("creates it in full size, with hash, revision and event", () => {
    const deployment = buildDeployment("1", 3);
    const { create, ...rest } = plan(deployment, []);
    const hash = create?.metadata?.labels?.["pod-template-hash"];
    assert.equal(create?.metadata?.name, `web-${hash}`);
    assert.match(hash ?? "", /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    assert.equal(create?.spec?.selector.matchLabels?.["pod-template-hash"], hash);
    assert.equal(create?.spec?.template?.metadata?.labels?.["pod-template-hash"], hash);
    assert.equal(create?.metadata?.annotations?.[REVISION], "1");
    assert.equal(create?.metadata?.annotations?.["deployment.kubernetes.io/max-replicas"], "4");
    assert.equal(create?.metadata?.ownerReferences?.[0]?.uid, "uid-web");
    assert.deepEqual(messages(rest as DeploymentPlan), [`Scaled up replica set web-${hash} from 0 to 3`]);
    assert.equal(rest.revision, 1n);
    assert.equal(progressing(rest as DeploymentPlan)?.reason, "NewReplicaSetCreated");
    assert.equal(findCondition(rest.status.conditions, "Available")?.reason, "MinimumReplicasUnavailable");
    assert.equal(rest.status.unavailableReplicas, 3);
    assert.equal(rest.requeueAfterMs, 601_000);
  });

  it("copies the deployment's annotations, but not those about itself", () => {
    const deployment = buildDeployment("1", 1);
    deployment.metadata!.annotations = { team: "a", "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const annotations = plan(deployment, []).create?.metadata?.annotations ?? {};
    assert.equal(annotations.team, "a");
    assert.equal(annotations["kubectl.kubernetes.io/last-applied-configuration"], undefined);
  });

  it("gives the same template the same name, and another after a collision", () => {
    const name = (deployment: Deployment) => plan(deployment, []).create?.metadata?.name;
    const collided = { ...buildDeployment("1", 3), status: { collisionCount: 1 } };
    assert.equal(name(buildDeployment("1", 3)), name(buildDeployment("1", 5)));
    assert.notEqual(name(buildDeployment("1", 3)), name(buildDeployment("2", 3)));
    assert.notEqual(name(buildDeployment("1", 3)), name(collided));
  });
});

describe("deployment plan: rolling update", () => {
  type Case = [
    what: string,
    replicas: number,
    strategy: object,
    old: SetFacts,
    next: SetFacts | undefined,
    writes: RegExp[],
  ];
  const none = { maxSurge: 0, maxUnavailable: 1 };
  const quarter = { maxSurge: "25%", maxUnavailable: "25%" };
  const surge = { maxSurge: 1, maxUnavailable: 0 };
  const cases: Case[] = [
    ["starts with surge and shrinks at once", 4, quarter, { replicas: 4 }, undefined, [/→ 1$/, /^web-1 → 3$/]],
    ["starts with surge only", 3, surge, { replicas: 3 }, undefined, [/→ 1$/]],
    ["without surge shrinks first", 3, none, { replicas: 3 }, undefined, [/→ 0$/, /^web-1 → 2$/]],
    ["waits for the new pod", 3, surge, { replicas: 3 }, { replicas: 1, available: 0 }, []],
    ["removes one old pod for an available new one", 3, surge, { replicas: 3 }, { replicas: 1 }, [/^web-1 → 2$/]],
    ["grows into the room that the old one left", 3, surge, { replicas: 2 }, { replicas: 1 }, [/^web-2 → 2$/]],
    ["ends with the last old pod", 3, surge, { replicas: 1 }, { replicas: 3 }, [/^web-1 → 0$/]],
    [
      "takes unhealthy old pods first",
      4,
      quarter,
      { replicas: 4, available: 1 },
      { replicas: 1, available: 0 },
      [/^web-1 → 3$/],
    ],
    [
      "replaces sick old pods although none is available",
      2,
      surge,
      { replicas: 2, available: 0 },
      { replicas: 1 },
      [/^web-1 → 1$/],
    ],
    ["shrinks a new set that is too big", 2, surge, { replicas: 0 }, { replicas: 5 }, [/^web-2 → 2$/]],
  ];
  for (const [what, replicas, rollingUpdate, old, next, writes] of cases) {
    it(what, () => {
      const deployment = buildDeployment("2", replicas, { strategy: { type: "RollingUpdate", rollingUpdate } });
      const sets = [buildSet(deployment, "1", { revision: 1, ...old })];
      if (next !== undefined) sets.push(buildSet(deployment, "2", { revision: 2, createdMs: 1000, ...next }));
      const written = sizes(plan(deployment, sets));
      assert.equal(written.length, writes.length, written.join());
      for (const [index, expected] of writes.entries()) assert.match(written[index]!, expected);
    });
  }

  it("resolves percentages: surge up, unavailable down", () => {
    const deployment = buildDeployment("2", 10, {
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
    });
    const result = plan(deployment, [buildSet(deployment, "1", { replicas: 10 })]);
    assert.match(sizes(result)[0]!, /→ 3$/);
    assert.equal(sizes(result)[1], "web-1 → 8");
  });

  it("takes up an earlier set on a rollback, with a new revision and its history", () => {
    const deployment = buildDeployment("1", 2);
    const sets = [
      buildSet(deployment, "1", { replicas: 0, revision: 1 }),
      buildSet(deployment, "2", { replicas: 2, revision: 2, createdMs: 1000 }),
    ];
    const result = plan(deployment, sets);
    assert.equal(result.create, undefined);
    const rolledBack = result.update.find((set) => set.metadata?.name === "web-1");
    assert.equal(rolledBack?.metadata?.annotations?.[REVISION], "3");
    assert.equal(rolledBack?.metadata?.annotations?.[REVISION_HISTORY], "1");
    assert.equal(result.revision, 3n);
    assert.equal(replicasOf(rolledBack!), 1);
  });

  it("counts revisions of 64 bits exactly, and not those of more", () => {
    const deployment = buildDeployment("3", 2);
    const large = buildSet(deployment, "1", { replicas: 1, revision: 9_007_199_254_740_993n });
    const tooLarge = buildSet(deployment, "2", { replicas: 1, revision: 2n ** 63n, createdMs: 1000 });
    const result = plan(deployment, [large, tooLarge]);
    assert.equal(result.create?.metadata?.annotations?.[REVISION], "9007199254740994");
    assert.equal(result.revision, 9_007_199_254_740_994n);
  });
});

describe("deployment plan: recreate", () => {
  const strategy = { type: "Recreate" };
  const deployment = buildDeployment("2", 2, { strategy });

  it("first removes all old pods", () => {
    assert.deepEqual(sizes(plan(deployment, [buildSet(deployment, "1", { replicas: 2 })])), ["web-1 → 0"]);
  });
  it("waits while an old pod still runs", () => {
    const old = buildSet(deployment, "1", { replicas: 0 });
    assert.deepEqual(sizes(plan(deployment, [old], [buildPod({ name: "p", deleting: true })])), []);
  });
  it("then makes the new set", () => {
    const old = buildSet(deployment, "1", { replicas: 0 });
    const result = plan(deployment, [old], [buildPod({ name: "p", phase: "Succeeded" })]);
    assert.match(sizes(result).join(), /^web-\w+ → 2$/);
  });
});

describe("deployment plan: scaling", () => {
  it("gives the only active set the new size", () => {
    const deployment = buildDeployment("1", 5);
    const result = plan(deployment, [buildSet(deployment, "1", { replicas: 3, noted: 3 })]);
    assert.deepEqual(sizes(result), ["web-1 → 5"]);
    assert.deepEqual(messages(result), ["Scaled up replica set web-1 from 3 to 5"]);
  });

  /** Upstream's example: 10 wanted, surge 3, two sets in the middle of a rollout, then scaled. */
  for (const [wanted, sizesAfter] of [
    [20, ["web-1 → 14", "web-2 → 9"]],
    [30, ["web-1 → 20", "web-2 → 13"]],
    [5, ["web-1 → 5", "web-2 → 3"]],
    [0, ["web-1 → 0", "web-2 → 0"]],
  ] as const) {
    it(`scales 8 and 5 of 10 in proportion to ${wanted}`, () => {
      const deployment = buildDeployment("2", wanted, {
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
      });
      const sets = [
        buildSet(deployment, "1", { replicas: 8, noted: 10, maximum: 13 }),
        buildSet(deployment, "2", { replicas: 5, available: 0, noted: 10, maximum: 13, createdMs: 1000, revision: 2 }),
      ];
      assert.deepEqual(sizes(plan(deployment, sets)), sizesAfter);
    });
  }

  it("scales while paused, but does not roll out", () => {
    const deployment = buildDeployment("2", 5, { paused: true });
    const result = plan(deployment, [buildSet(deployment, "1", { replicas: 3, noted: 3 })]);
    assert.deepEqual(sizes(result), ["web-1 → 5"]);
    assert.equal(progressing(result)?.reason, "DeploymentPaused");
    assert.equal(result.requeueAfterMs, undefined);
  });
});

describe("deployment plan: history", () => {
  function complete(limit: number, more: Partial<DeploymentSpec> = {}): DeploymentPlan {
    const deployment = buildDeployment("5", 1, { revisionHistoryLimit: limit, ...more });
    deployment.status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    const old = ["1", "2", "3", "4"].map((version) =>
      buildSet(deployment, version, { replicas: 0, revision: Number(version), createdMs: Number(version) * 1000 }),
    );
    old[1]!.status!.replicas = 1;
    return plan(deployment, [...old, buildSet(deployment, "5", { replicas: 1, revision: 5, createdMs: 9000 })]);
  }
  const deleted = (of: DeploymentPlan) => of.delete.map((set) => set.metadata?.name);

  it("removes the oldest revisions beyond the limit, but none that has pods", () => {
    assert.deepEqual(deleted(complete(2)), ["web-1"]);
    assert.deepEqual(deleted(complete(0)), ["web-1", "web-3", "web-4"]);
    assert.deepEqual(deleted(complete(10)), []);
  });
});

describe("deployment plan: status", () => {
  const deployment = buildDeployment("1", 2);

  it("says when it is complete, and keeps saying so", () => {
    const set = buildSet(deployment, "1", { replicas: 2 });
    const before: Deployment = { ...deployment, status: { replicas: 2, updatedReplicas: 2, readyReplicas: 1 } };
    const result = plan(before, [set]);
    assert.deepEqual(
      {
        ...result.status,
        conditions: result.status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      },
      {
        observedGeneration: 1,
        replicas: 2,
        updatedReplicas: 2,
        readyReplicas: 2,
        availableReplicas: 2,
        terminatingReplicas: 0,
        conditions: ["Available True MinimumReplicasAvailable", "Progressing True NewReplicaSetAvailable"],
      },
    );
    assert.equal(progressing(result)?.message, 'ReplicaSet "web-1" has successfully progressed.');
    const again = plan({ ...deployment, status: result.status }, [set], [], NOW_MS + 3_600_000);
    assert.deepEqual(again.status, result.status);
    assert.equal(again.requeueAfterMs, undefined);
  });

  it("counts the deadline from the last progress, and says when it is missed", () => {
    const stuck = buildSet(deployment, "1", { replicas: 2, available: 0 });
    const first = plan(deployment, [stuck]);
    assert.equal(progressing(first)?.reason, "ReplicaSetUpdated");
    const later = { ...deployment, status: first.status };
    assert.equal(progressing(plan(later, [stuck], [], NOW_MS + 600_000))?.reason, "ReplicaSetUpdated");
    const missed = plan(later, [stuck], [], NOW_MS + 601_000);
    assert.deepEqual(progressing(missed), {
      type: "Progressing",
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: 'ReplicaSet "web-1" has timed out progressing.',
      lastUpdateTime: "2026-01-02T00:10:01Z",
      lastTransitionTime: "2026-01-02T00:10:01Z",
    });
  });

  it("repeats what keeps a set from making pods, until it is over", () => {
    const set = buildSet(deployment, "1", { replicas: 2, available: 0 });
    set.status!.conditions = [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "quota" }];
    const failed = plan(deployment, [set]);
    assert.equal(findCondition(failed.status.conditions, "ReplicaFailure")?.message, "quota");
    const healed = plan({ ...deployment, status: failed.status }, [buildSet(deployment, "1", { replicas: 2 })]);
    assert.equal(findCondition(healed.status.conditions, "ReplicaFailure"), undefined);
  });

  it("does nothing but count while it is being deleted", () => {
    const deleting = { ...deployment, metadata: { ...deployment.metadata, deletionTimestamp: "2026-01-02T00:00:00Z" } };
    const result = plan(deleting, []);
    assert.equal(result.create, undefined);
    assert.equal(result.status.unavailableReplicas, undefined);
  });
});
