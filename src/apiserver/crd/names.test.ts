import assert from "node:assert/strict";
import { test } from "node:test";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { approvalCondition } from "./approval.ts";
import { decideNames } from "./names.ts";
import { planStatus } from "./plan-status.ts";
import { definitionOf } from "./testing/definitions.ts";

const TIME = "2026-01-01T00:00:00Z";
const plan = (definition: CustomResourceDefinition, others: CustomResourceDefinition[] = [], violations = "") =>
  planStatus(definition, [definition, ...others], { time: TIME, violations });

function accepted(definition: CustomResourceDefinition): CustomResourceDefinition {
  return { ...definition, status: { ...definition.status, ...plan(definition) } };
}

test("names that are free are accepted", () => {
  const { acceptedNames, condition } = decideNames(definitionOf(), []);
  assert.deepEqual(acceptedNames, definitionOf().spec.names);
  assert.deepEqual([condition.status, condition.reason], ["True", "NoConflicts"]);
});

test("names that somebody else of the group has are refused one by one", () => {
  const first = accepted(definitionOf());
  const cases: [Parameters<typeof definitionOf>[0], string, string][] = [
    [{ plural: "tabs", kind: "CronTab", shortNames: [] }, "ListKindConflict", '"CronTabList" is already in use'],
    [{ plural: "tabs", kind: "Tab", shortNames: ["ct"] }, "ShortNamesConflict", '"ct" is already in use'],
    [{ plural: "ct", kind: "Tab", shortNames: [] }, "PluralConflict", '"ct" is already in use'],
  ];
  for (const [options, reason, message] of cases) {
    const second = definitionOf(options);
    const { acceptedNames, condition } = decideNames(second, [first, second]);
    assert.deepEqual([condition.status, condition.reason, condition.message], ["False", reason, message]);
    if (reason === "ShortNamesConflict") {
      assert.equal(acceptedNames.shortNames, undefined);
      assert.equal(acceptedNames.plural, "tabs");
    }
    const established = plan(second, [first])?.conditions?.find(({ type }) => type === "Established");
    assert.deepEqual([established?.status, established?.reason], ["False", "NotAccepted"]);
  }
  const other = definitionOf({ group: "other.example.com" });
  assert.equal(decideNames(other, [first, other]).condition.status, "True");
});

test("what was established stays so when later names are refused, and keeps the old names", () => {
  const first = accepted(definitionOf());
  const second = accepted(definitionOf({ plural: "tabs", kind: "Tab", shortNames: ["tb"] }));
  const greedy = { ...second, spec: { ...second.spec, names: { ...second.spec.names, shortNames: ["ct"] } } };
  const status = plan(greedy, [first]);
  const of = (type: string) => status?.conditions?.find((each) => each.type === type)?.status;
  assert.deepEqual([of("NamesAccepted"), of("Established")], ["False", "True"]);
  assert.deepEqual(status?.acceptedNames?.shortNames, ["tb"]);
});

test("nothing is written when nothing is new", () => {
  assert.equal(plan(accepted(definitionOf())), undefined);
});

test("a schema that is not structural is told, and the condition goes with it", () => {
  const definition = accepted(definitionOf());
  const status = plan(definition, [], "spec.versions[0].schema.openAPIV3Schema: wrong");
  const condition = status?.conditions?.find(({ type }) => type === "NonStructuralSchema");
  assert.deepEqual([condition?.status, condition?.reason], ["True", "Violations"]);
  const healed = plan({ ...definition, status: status! });
  assert.equal(
    healed?.conditions?.some(({ type }) => type === "NonStructuralSchema"),
    false,
  );
});

test("groups of the Kubernetes community say who approved them", () => {
  const of = (group: string, annotation?: string) => {
    const definition = definitionOf({ group });
    const annotations: Record<string, string> =
      annotation === undefined ? {} : { "api-approved.kubernetes.io": annotation };
    return approvalCondition({ ...definition, metadata: { ...definition.metadata, annotations } });
  };
  assert.equal(of("example.com"), undefined);
  assert.equal(of("x.k8s.io", "https://github.com/kubernetes/enhancements/pull/1111")?.reason, "ApprovedAnnotation");
  assert.equal(of("x.k8s.io", "unapproved, experimental")?.reason, "UnapprovedAnnotation");
  assert.equal(of("x.kubernetes.io", "somebody")?.reason, "InvalidAnnotation");
  assert.equal(of("x.k8s.io")?.reason, "MissingAnnotation");
});
