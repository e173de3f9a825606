import assert from "node:assert/strict";
import { it } from "node:test";
import type { NodeSelectorTerm } from "../generated/core/v1.ts";
import { matchesAnyTerm, matchesRequiredAffinity, namedNodes } from "./node-selector.ts";

const node = { name: "n1", labels: { disk: "ssd", size: "16" } };
const label = (key: string, operator: string, ...values: string[]): NodeSelectorTerm => ({
  matchExpressions: [{ key, operator, values }],
});
const named = (operator: string, ...values: string[]): NodeSelectorTerm => ({
  matchFields: [{ key: "metadata.name", operator, values }],
});

for (const [what, terms, matches] of [
  ["no terms", [], false],
  ["an empty term", [{}], false],
  ["one term of two", [label("zone", "Exists"), label("disk", "In", "ssd")], true],
  ["greater", [label("size", "Gt", "8")], true],
  ["not less", [label("size", "Lt", "16")], false],
  ["a bound that is no number", [label("size", "Gt", "small")], false],
  ["two bounds", [label("size", "Gt", "8", "9")], false],
  ["a label that is no number", [label("disk", "Lt", "8")], false],
  ["an operator that is none", [label("size", "Near", "16")], false],
  ["its name", [named("In", "n1")], true],
  ["not its name", [named("NotIn", "n1")], false],
  ["its name and another's label", [{ ...named("In", "n1"), ...label("disk", "In", "hdd") }], false],
] as const) {
  it(`node selector terms: ${what}: ${matches}`, () => {
    assert.equal(matchesAnyTerm(terms, node), matches);
  });
}

it("the plain selector and the required affinity both count", () => {
  const nodeAffinity = (term: NodeSelectorTerm) => ({
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
  });
  const nodeSelector = { disk: "ssd" };
  assert.equal(matchesRequiredAffinity({}, node), true);
  assert.equal(
    matchesRequiredAffinity({ nodeSelector, nodeAffinity: nodeAffinity(label("size", "Exists")) }, node),
    true,
  );
  assert.equal(
    matchesRequiredAffinity({ nodeSelector, nodeAffinity: nodeAffinity(label("zone", "Exists")) }, node),
    false,
  );
  assert.equal(matchesRequiredAffinity({ nodeSelector: { disk: "hdd" } }, node), false);
});

it("terms that name nodes tell which", () => {
  assert.deepEqual([...(namedNodes([named("In", "a"), named("In", "b")]) ?? [])], ["a", "b"]);
  assert.equal(namedNodes([named("In", "a"), label("disk", "Exists")]), undefined);
});
