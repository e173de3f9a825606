import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind } from "./kinds.ts";
import { tableOf } from "./table.ts";

const table = (path: readonly [group: string, version: string, kind: string], object: object) => {
  const { columnDefinitions, rows } = tableOf(findKind(...path), [object], { nowMs: Date.UTC(2026, 0, 1, 1) });
  return columnDefinitions.map(({ name, type }, index) => [name, type, rows[0]!.cells[index]]);
};
const metadata = { name: "a", creationTimestamp: "2026-01-01T00:00:00Z" };

test("kinds without columns upstream say when they were made", () => {
  for (const path of [
    ["", "v1", "LimitRange"],
    ["rbac.authorization.k8s.io", "v1", "Role"],
    ["apiextensions.k8s.io", "v1", "CustomResourceDefinition"],
  ] as const) {
    assert.deepEqual(table(path, { metadata }), [
      ["Name", "string", "a"],
      ["Created At", "date", "2026-01-01T00:00:00Z"],
    ]);
  }
});

test("an event looks the same in both its groups", () => {
  const seen = { reason: "R", type: "Normal", eventTime: "2026-01-01T00:00:00.000000Z" };
  const core = { metadata, ...seen, involvedObject: { kind: "Pod", name: "web" }, message: "m" };
  const newer = { metadata, ...seen, regarding: core.involvedObject, note: "m" };
  const rows = table(["", "v1", "Event"], core);
  assert.deepEqual(table(["events.k8s.io", "v1", "Event"], newer), rows);
  assert.deepEqual(rows[0], ["Last Seen", "string", "60m"]);
  assert.deepEqual(rows[3], ["Object", "string", "pod/web"]);
});

test("how much is in it is a number in a column of text", () => {
  assert.deepEqual(table(["", "v1", "ConfigMap"], { metadata, data: { a: "" } })[1], ["Data", "string", 1]);
  assert.deepEqual(table(["", "v1", "Secret"], { metadata, data: { a: "" } })[2], ["Data", "string", 1]);
});

test("cells are upstream's in what is easily mistaken", () => {
  const cell = (path: readonly [group: string, version: string, kind: string], column: string, object: object) =>
    table(path, { metadata, ...object }).find(([name]) => name === column)?.[2];
  assert.equal(cell(["", "v1", "ServiceAccount"], "Secrets", { secrets: [{}, {}] }), 2);
  assert.equal(cell(["", "v1", "Event"], "Count", { count: 3, series: { count: 0 } }), 0);
  const hosts = (...rules: string[]) =>
    cell(["networking.k8s.io", "v1", "Ingress"], "Hosts", { spec: { rules: rules.map((host) => ({ host })) } });
  assert.equal(hosts("a", "b", "", "c"), "a,b,c");
  assert.equal(hosts("a", "b", "c", ""), "a,b,c + 1 more...");
  assert.equal(hosts("a", "", "b", "c", "d"), "a,b,c + 2 more...");
  assert.equal(hosts("", ""), "*");
  const parameters = { kind: "K", name: "n" };
  const classOf = (of: object) =>
    cell(["networking.k8s.io", "v1", "IngressClass"], "Parameters", { spec: { parameters: of } });
  assert.deepEqual([classOf(parameters), classOf({ ...parameters, apiGroup: "g" })], ["K/n", "K.g/n"]);
  const selector = {
    matchLabels: { b: "2", a: "1" },
    matchExpressions: [{ key: "k", operator: "In", values: ["x", "y"] }],
  };
  assert.equal(
    cell(["admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding"], "ParamRef", {
      spec: { paramRef: { selector } },
    }),
    "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}",
  );
});

test("columns that show a field have its description, without the values that there are", () => {
  const text = (path: readonly [group: string, version: string, kind: string], column: string) =>
    findKind(...path)?.columns?.find(({ name }) => name === column)?.description;
  const type = text(["", "v1", "Service"], "Type");
  assert.match(type ?? "", /^type determines how the Service is exposed\. Defaults to ClusterIP\./);
  assert.doesNotMatch(type ?? "", /Possible enum values/);
  assert.equal(
    text(["storage.k8s.io", "v1", "VolumeAttachment"], "Node"),
    "nodeName represents the node that the volume should be attached to.",
  );
});
