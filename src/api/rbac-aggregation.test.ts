import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterRole } from "./generated/rbac.authorization.k8s.io/v1.ts";
import { aggregateRules, sameRules } from "./rbac-aggregation.ts";

const rule = (resource: string) => ({ apiGroups: [""], resources: [resource], verbs: ["get"] });
const part = (name: string, into: string, ...resources: string[]): ClusterRole => ({
  metadata: { name, labels: { [into]: "true" } },
  rules: resources.map(rule),
});
const whole = (name: string, ...keys: string[]): ClusterRole => ({
  metadata: { name, labels: { own: "true" } },
  aggregationRule: { clusterRoleSelectors: keys.map((key) => ({ matchLabels: { [key]: "true" } })) },
});

test("rules come by selector, then by name, each once, never from the role itself", () => {
  const roles = [
    part("z", "view", "pods"),
    part("a", "view", "services", "pods"),
    part("b", "edit", "secrets", "pods"),
  ];
  const cases: [string, ClusterRole, string[] | undefined][] = [
    ["plain role", part("plain", "view"), undefined],
    ["one selector", whole("viewer", "view"), ["services", "pods"]],
    ["two selectors", whole("editor", "edit", "view"), ["secrets", "pods", "services"]],
    ["nothing matches", whole("lonely", "admin"), []],
    ["itself", { ...whole("self", "own"), rules: [rule("nodes")] }, []],
  ];
  for (const [name, role, resources] of cases) {
    assert.deepEqual(aggregateRules(role, [...roles, role]), resources?.map(rule), name);
  }
});

test("rules are compared by what they say", () => {
  const bare = { verbs: ["get"], resources: ["pods"], apiGroups: [""] };
  assert.ok(sameRules([bare], [{ ...bare, resourceNames: [], nonResourceURLs: [] }]));
  assert.ok(!sameRules([bare], [{ ...bare, verbs: ["list"] }]));
  assert.ok(!sameRules([bare], []));
  assert.ok(sameRules(undefined, []));
});

test("roles that pick each other all hold what any of them picks, and nothing of their own", () => {
  const ring = ["a", "b", "c"].map(
    (name, index): ClusterRole => ({
      ...whole(name, `to-${"cab"[index]}`),
      metadata: { name, labels: { [`to-${name}`]: "true" } },
      rules: [rule(`stale-${name}`)],
    }),
  );
  const roles = [...ring, part("leaf-a", "to-a", "pods"), part("leaf-c", "to-c", "services")];
  for (const role of ring) {
    const resources = aggregateRules(role, roles)?.map((each) => each.resources?.[0]);
    assert.deepEqual(resources?.sort(), ["pods", "services"], role.metadata?.name);
  }
});
