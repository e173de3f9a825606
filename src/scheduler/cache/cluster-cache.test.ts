import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../../base/assert.ts";
import { exampleNode, examplePodFacts } from "../examples.ts";
import { nodeFacts } from "../facts/node-facts.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import { ClusterCache } from "./cluster-cache.ts";

const NODES = ["a", "b", "c"];
const PODS = ["p", "q", "r"];

const on = (nodeName: string, pod = "p"): PodFacts => examplePodFacts(pod, { spec: { nodeName } });
const waiting = on("");

function newCache(): ClusterCache {
  const cache = new ClusterCache();
  for (const name of NODES) cache.setNode(nodeFacts(exampleNode(name)));
  return cache;
}

/** `a: p q`, for each node that has pods. */
function placesIn(cache: ClusterCache): string[] {
  return NODES.flatMap((name) => {
    const uids = [...cache.node(name)!.pods.keys()].sort();
    return uids.length === 0 ? [] : [`${name}: ${uids.join(" ")}`];
  });
}

test("an assumed pod is where the API server says in the end", () => {
  const cache = newCache();
  cache.assume(waiting, "a");
  assert.deepEqual([placesIn(cache), cache.sizes], [["a: p"], { nodes: 3, pods: 1, assumedPods: 1 }]);
  cache.setPod(on("b"), waiting);
  assert.deepEqual([placesIn(cache), cache.sizes], [["b: p"], { nodes: 3, pods: 1, assumedPods: 0 }]);
  cache.forget("p");
  assert.deepEqual(placesIn(cache), ["b: p"], "the API server has confirmed it");
  cache.removePod(on("b"));
  assert.deepEqual([placesIn(cache), cache.sizes], [[], { nodes: 3, pods: 0, assumedPods: 0 }]);
});

test("who has a node is not assumed on one", () => {
  const cache = newCache();
  cache.assume(waiting, "a");
  assert.throws(() => cache.assume(waiting, "b"), InvariantError);
  cache.setPod(on("a"), waiting);
  assert.throws(() => cache.assume(on("a"), "b"), InvariantError);
  assert.deepEqual(placesIn(cache), ["a: p"]);
});

test("an assumed pod that goes takes up no room", () => {
  const cache = newCache();
  cache.assume(waiting, "a");
  cache.removePod(waiting);
  assert.deepEqual([placesIn(cache), cache.sizes], [[], { nodes: 3, pods: 0, assumedPods: 0 }]);
  cache.removePod(waiting);
  assert.equal(cache.sizes.pods, 0, "nor does it go twice");
});

test("a pod that is told again is there once, also before its node is known", () => {
  const cache = newCache();
  cache.removeNode("c");
  cache.setPod(on("c"));
  cache.setPod(on("c"), on("c"));
  assert.deepEqual(cache.sizes, { nodes: 2, pods: 1, assumedPods: 0 });
  cache.setNode(nodeFacts(exampleNode("c")));
  assert.deepEqual(placesIn(cache), ["c: p"]);
});

type Step = readonly ["tell" | "assume", string, string] | readonly ["forget" | "remove", string];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom("tell", "assume"), fc.constantFrom(...PODS), fc.constantFrom(...NODES)),
    fc.tuple(fc.constantFrom("forget", "remove"), fc.constantFrom(...PODS)),
  ),
  { maxLength: 40 },
);

test("whatever is told, assumed and forgotten: each pod is counted in one place", () => {
  const follow = (asked: Step[]): void => {
    const cache = newCache();
    const told = new Map<string, PodFacts>();
    const assumed = new Map<string, string>();
    for (const [what, pod, node = ""] of asked) {
      const before = told.get(pod);
      if (what === "tell") {
        told.set(pod, on(node, pod));
        assumed.delete(pod);
        cache.setPod(on(node, pod), before);
      } else if (what === "remove") {
        cache.removePod(before ?? on("", pod));
        told.delete(pod);
        assumed.delete(pod);
      } else if (what === "forget") {
        cache.forget(pod);
        assumed.delete(pod);
      } else if (before !== undefined || assumed.has(pod)) {
        assert.throws(() => cache.assume(before ?? on("", pod), node), InvariantError);
      } else {
        cache.assume(on("", pod), node);
        assumed.set(pod, node);
      }
      const places = new Map([...[...told].map(([uid, facts]) => [uid, facts.nodeName] as const), ...assumed]);
      const expected = NODES.flatMap((name) => {
        const uids = PODS.filter((uid) => places.get(uid) === name);
        return uids.length === 0 ? [] : [`${name}: ${uids.join(" ")}`];
      });
      assert.deepEqual(placesIn(cache), expected);
      assert.deepEqual(cache.sizes, { nodes: NODES.length, pods: places.size, assumedPods: assumed.size });
    }
  };
  fc.assert(fc.property(steps, follow), { numRuns: 300, seed: 1 });
});
