import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { buildDaemon, buildDaemonSet, buildFacts, buildNode } from "./daemon-builders.ts";
import { type DaemonFacts, planDaemons } from "./plan.ts";
import { targetNode, templateForNode } from "./pod-template.ts";
import { planUpdate } from "./rolling-update.ts";
import { daemonStatus } from "./status.ts";

const names = (pods: readonly Pod[]): string[] => pods.map((pod) => pod.metadata?.name ?? "");
const nodes = ["n1", "n2", "n3"].map((name) => buildNode(name));
const surging = (maxSurge: number | string) =>
  buildDaemonSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable: 0 } } });

describe("daemon plan", () => {
  it("puts one pod on each node that has none", () => {
    const plan = planDaemons(buildFacts({ nodes, pods: [buildDaemon("n2")] }));
    assert.deepEqual(plan.createOn, ["n1", "n3"]);
    assert.deepEqual(plan.delete, []);
  });

  it("counts a pod that is not scheduled yet for the node it is meant for", () => {
    const template = templateForNode(buildDaemonSet(), "n1", "new");
    const waiting: Pod = { metadata: template.metadata, spec: template.spec };
    assert.equal(targetNode(waiting), "n1");
    assert.deepEqual(planDaemons(buildFacts({ nodes, pods: [waiting] })).createOn, ["n2", "n3"]);
    assert.equal(planDaemons(buildFacts({ nodes: [], pods: [waiting] })).delete.length, 1);
  });

  it("waits for a pod that is ending before it makes another", () => {
    assert.deepEqual(planDaemons(buildFacts({ nodes, pods: [buildDaemon("n1", { deleting: true })] })).createOn, [
      "n2",
      "n3",
    ]);
  });

  it("keeps the oldest of several", () => {
    const pods = [buildDaemon("n1", { name: "young", createdForMs: 1000 }), buildDaemon("n1", { name: "old" })];
    assert.deepEqual(names(planDaemons(buildFacts({ nodes: nodes.slice(0, 1), pods })).delete), ["young"]);
  });

  it("takes pods away from nodes that are not for them any more", () => {
    const tainted = [
      buildNode("n1", {}, [{ key: "gpu", effect: "NoExecute" }]),
      buildNode("n2", {}, [{ key: "gpu", effect: "NoSchedule" }]),
      buildNode("n3", {}, [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }]),
    ];
    const plan = planDaemons(buildFacts({ nodes: tainted, pods: ["n1", "n2", "n3"].map((name) => buildDaemon(name)) }));
    assert.deepEqual(names(plan.delete), ["agent-n1"]);
    assert.deepEqual(planDaemons(buildFacts({ nodes: tainted })).createOn, ["n3"]);
  });

  it("replaces failed pods, with back-off, and ended ones", () => {
    const pods = [buildDaemon("n1", { phase: "Failed" }), buildDaemon("n2", { phase: "Succeeded" })];
    const plan = planDaemons(buildFacts({ nodes, pods }));
    assert.deepEqual(names(plan.delete), ["agent-n1", "agent-n2"]);
    assert.deepEqual(
      plan.events.map((event) => `${event.type} ${event.reason}: ${event.message}`),
      [
        "Warning FailedDaemonPod: Found failed daemon pod default/agent-n1 on node n1, will try to kill it",
        "Normal SucceededDaemonPod: Found succeeded daemon pod default/agent-n2 on node n2, will try to delete it",
      ],
    );
    const waiting = planDaemons(buildFacts({ nodes, pods: pods.slice(0, 1), inBackoff: () => true }));
    assert.deepEqual(waiting.delete, []);
    assert.deepEqual(waiting.waitingOn, ["n1"]);
  });

  for (const [what, old, next, gone] of [
    ["the new one is not available", {}, { ready: false }, []],
    ["the new one is available", {}, {}, ["old"]],
    ["none is ready", { ready: false }, { ready: false }, ["old"]],
  ] as const) {
    it(`with surge, of an old and a new pod removes ${gone.length} when ${what}`, () => {
      const pods = [
        buildDaemon("n1", { name: "old", revision: "old", ...old }),
        buildDaemon("n1", { name: "new", createdForMs: 1000, ...next }),
      ];
      assert.deepEqual(
        names(planDaemons(buildFacts({ set: surging(1), nodes: nodes.slice(0, 1), pods })).delete),
        gone,
      );
    });
  }
});

describe("daemon rolling update", () => {
  const old = (node: string, more = {}) => buildDaemon(node, { revision: "old", ...more });
  const update = (pods: Pod[], more: Partial<DaemonFacts> = {}) => planUpdate(buildFacts({ nodes, pods, ...more }));

  it("replaces no more available pods at once than may be unavailable", () => {
    assert.deepEqual(names(update([old("n1"), old("n2"), old("n3")]).delete), ["agent-n1"]);
    assert.deepEqual(names(update([buildDaemon("n1", { ready: false }), old("n2"), old("n3")]).delete), []);
    assert.deepEqual(names(update([buildDaemon("n1"), old("n2"), old("n3")]).delete), ["agent-n2"]);
    assert.deepEqual(names(update([old("n2"), old("n3")]).delete), [], "a node without pod counts");
  });

  it("replaces old pods that serve nobody at once", () => {
    assert.deepEqual(names(update([old("n1"), old("n2", { ready: false }), old("n3", { ready: false })]).delete), [
      "agent-n2",
      "agent-n3",
    ]);
  });

  it("with surge, makes new pods beside old ones first", () => {
    const set = surging("50%");
    const pods = [old("n1"), old("n2"), old("n3")];
    assert.deepEqual(update(pods, { set }).createOn, ["n1", "n2"]);
    const waiting = [...pods, buildDaemon("n1", { name: "new", ready: false })];
    assert.deepEqual(update(waiting, { set }), { createOn: ["n2"], delete: [] });
    const done = [...pods, buildDaemon("n1", { name: "new" })];
    const plan = update(done, { set });
    assert.deepEqual(names(plan.delete), ["agent-n1"]);
    assert.deepEqual(plan.createOn, ["n2", "n3"]);
  });
});

describe("daemon status", () => {
  it("counts nodes and pods", () => {
    const tainted = buildNode("n4", {}, [{ key: "gpu", effect: "NoSchedule" }]);
    const pods = [
      buildDaemon("n1"),
      buildDaemon("n2", { revision: "old", ready: false }),
      buildDaemon("n4", { revision: "old" }),
    ];
    assert.deepEqual(daemonStatus(buildFacts({ nodes: [...nodes, tainted], pods }), true), {
      currentNumberScheduled: 2,
      numberMisscheduled: 1,
      desiredNumberScheduled: 3,
      numberReady: 1,
      observedGeneration: 3,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
      numberUnavailable: 2,
    });
  });
});
