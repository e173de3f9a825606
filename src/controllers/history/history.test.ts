import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ControllerRevision } from "../../api/generated/apps/v1.ts";
import type { PodTemplateSpec } from "../../api/generated/core/v1.ts";
import { planHistory, REVISION_HASH_LABEL, revisionsToDelete, snapshot } from "./history.ts";

const template = (image: string): PodTemplateSpec => ({
  metadata: { labels: { app: "agent" } },
  spec: { containers: [{ name: "agent", image }] },
});
const owner = { apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent", namespace: "a", uid: "u" } };
const revision = (image: string, number: number): ControllerRevision =>
  snapshot({ owner, template: template(image), collisionCount: undefined, number });

describe("history", () => {
  it("keeps a template as a patch that brings it back", () => {
    const made = revision("agent:1", 1);
    const hash = made.metadata?.labels?.[REVISION_HASH_LABEL];
    assert.equal(made.metadata?.name, `agent-${hash}`);
    assert.deepEqual(made.data, { spec: { template: { ...template("agent:1"), $patch: "replace" } } });
  });

  it("writes the patch with its keys in order", () => {
    const { data } = revision("agent:1", 1);
    const spec = `{"containers":[{"image":"agent:1","name":"agent"}]}`;
    const metadata = `{"labels":{"app":"agent"}}`;
    const wanted = `{"spec":{"template":{"$patch":"replace","metadata":${metadata},"spec":${spec}}}}`;
    assert.equal(JSON.stringify(data), wanted);
  });

  for (const [what, revisions, current, number, old] of [
    ["none yet", [], undefined, 1, 0],
    ["the present one is the last", [revision("agent:1", 1), revision("agent:2", 2)], 2, 2, 1],
    ["a new template", [revision("agent:1", 1), revision("agent:3", 4)], undefined, 5, 2],
    ["a template that comes back", [revision("agent:2", 1), revision("agent:3", 4)], 1, 5, 1],
  ] as const) {
    it(`numbers revisions: ${what}`, () => {
      const plan = planHistory(revisions, template("agent:2"));
      assert.equal(plan.current?.revision, current);
      assert.equal(plan.number, number);
      assert.equal(plan.old.length, old);
    });
  }

  it("deletes the oldest beyond the limit, but none that a pod still has", () => {
    const old = [revision("agent:1", 1), revision("agent:2", 2), revision("agent:3", 3)];
    const live = new Set([old[0]!.metadata!.labels![REVISION_HASH_LABEL]!]);
    const numbers = (limit: number) => revisionsToDelete(old, { limit, live }).map((each) => each.revision);
    assert.deepEqual(numbers(3), []);
    assert.deepEqual(numbers(2), [2]);
    assert.deepEqual(numbers(0), [2, 3]);
  });
});
