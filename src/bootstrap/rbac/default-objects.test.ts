import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { ClusterRole } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import { aggregateRules, sameRules } from "../../api/rbac-aggregation.ts";
import { uncovered } from "../../api/rbac-rule-cover.ts";
import { defaultRbac } from "./default-objects.ts";
import { repairBinding, repairRole } from "./repair.ts";
import { rules } from "./rule-text.ts";

const rbac = defaultRbac();
const named = (name: string): ClusterRole => {
  const found = rbac.clusterRoles.find((role) => role.metadata?.name === name);
  assert.ok(found, name);
  return found;
};

test("a line is a rule", () => {
  assert.deepEqual(rules("read,create core,apps pods,deployments b,a", "get /healthz,/api/*", "* * *"), [
    {
      apiGroups: ["", "apps"],
      resources: ["deployments", "pods"],
      resourceNames: ["a", "b"],
      verbs: ["create", "get", "list", "watch"],
    },
    { nonResourceURLs: ["/healthz", "/api/*"], verbs: ["get"] },
    { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  ]);
});

test("every binding has its role, every controller its binding, and nothing is there twice", () => {
  const clusterRoles = new Set(rbac.clusterRoles.map((role) => role.metadata?.name));
  assert.equal(clusterRoles.size, rbac.clusterRoles.length);
  assert.equal(
    new Set(rbac.clusterRoleBindings.map((each) => each.metadata?.name)).size,
    rbac.clusterRoleBindings.length,
  );
  for (const { roleRef } of rbac.clusterRoleBindings) assert.ok(clusterRoles.has(roleRef.name), roleRef.name);
  const roles = new Set(rbac.roles.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`));
  for (const { metadata, roleRef } of rbac.roleBindings) {
    assert.ok(roles.has(`${metadata?.namespace}/${roleRef.name}`), roleRef.name);
  }
  for (const name of clusterRoles) {
    if (!name?.startsWith("system:controller:")) continue;
    const binding = rbac.clusterRoleBindings.find((each) => each.metadata?.name === name);
    const account = name.slice("system:controller:".length);
    assert.deepEqual(binding?.subjects, [{ kind: "ServiceAccount", name: account, namespace: "kube-system" }]);
  }
});

test("upstream's objects carry upstream's marks", () => {
  assert.deepEqual(named("edit").metadata, {
    name: "edit",
    labels: {
      "kubernetes.io/bootstrapping": "rbac-defaults",
      "rbac.authorization.k8s.io/aggregate-to-admin": "true",
    },
    annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
  });
});

test("rules are well formed", () => {
  for (const { metadata, rules: given } of [...rbac.clusterRoles, ...rbac.roles]) {
    for (const rule of given ?? []) {
      const label = `${metadata?.name}: ${JSON.stringify(rule)}`;
      assert.ok(rule.verbs.length > 0 && rule.verbs.every((verb) => /^(\*|[a-z]+)$/.test(verb)), label);
      const isPath = rule.nonResourceURLs !== undefined;
      assert.equal(rule.resources === undefined, isPath, label);
      for (const group of rule.apiGroups ?? []) assert.match(group, /^(\*|[a-z0-9.]*)$/, label);
      for (const resource of rule.resources ?? []) assert.match(resource, /^(\*|[a-z]+)(\/[a-z]+)?$/, label);
      for (const path of rule.nonResourceURLs ?? []) assert.match(path, /^(\*|\/)/, label);
    }
  }
});

test("who may what by default", () => {
  const cases: [string, string, boolean][] = [
    ["view", "get core pods", true],
    ["view", "get core secrets", false],
    ["view", "create core pods", false],
    ["edit", "create core pods", true],
    ["edit", "get core secrets", true],
    ["edit", "create core pods/exec", true],
    ["edit", "patch apps deployments/scale", true],
    ["edit", "update core endpoints", false],
    ["edit", "create rbac.authorization.k8s.io roles", false],
    ["edit", "update core resourcequotas", false],
    ["admin", "create rbac.authorization.k8s.io roles", true],
    ["admin", "delete core pods", true],
    ["admin", "update core namespaces", false],
    ["cluster-admin", "anything any.group things", true],
    ["cluster-admin", "get /metrics", true],
    ["system:discovery", "get /openapi/v3", true],
    ["system:public-info-viewer", "get /apis", false],
    ["system:kube-scheduler", "create core pods/binding", true],
    ["system:kube-scheduler", "update coordination.k8s.io leases kube-scheduler", true],
    ["system:kube-scheduler", "update coordination.k8s.io leases other", false],
    ["system:controller:deployment-controller", "create apps replicasets", true],
    ["system:controller:deployment-controller", "create core pods", false],
    ["system:controller:namespace-controller", "deletecollection any.group things", true],
  ];
  for (const [role, line, expected] of cases) {
    assert.equal(uncovered(named(role).rules ?? [], rules(line)).length === 0, expected, `${role}: ${line}`);
  }
});

test("aggregated roles are what their controller would make of them", () => {
  for (const name of ["admin", "edit", "view"]) {
    const role = named(name);
    const upstream = rbac.clusterRoles.filter((other) => other.metadata?.labels !== undefined);
    assert.ok(sameRules(aggregateRules(role, upstream), role.rules), name);
    assert.ok((role.rules ?? []).length > 10, name);
  }
});

test("what was taken away comes back, what was added stays", () => {
  const role = named("system:basic-user");
  const [first, second] = role.rules ?? [];
  const extra = rules("get core nodes")[0]!;
  const own = { metadata: { ...role.metadata, labels: { mine: "yes" }, resourceVersion: "7" } };
  assert.equal(repairRole(role, role), undefined);
  assert.equal(repairRole(role, { ...role, rules: rules("* * *") }), undefined, "covered by more");
  assert.equal(repairRole(role, { ...role, rules: [first!, second!, extra] }), undefined, "an added rule");
  const repaired = repairRole(role, { ...role, ...own, rules: [extra, first!] });
  assert.equal(repaired?.kind, "update");
  assert.deepEqual(repaired?.object.rules, [extra, first, second]);
  assert.deepEqual(repaired?.object.metadata?.labels, { "kubernetes.io/bootstrapping": "rbac-defaults", mine: "yes" });
  assert.equal(repaired?.object.metadata?.resourceVersion, "7");
  const protectedRole = {
    metadata: { annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } },
    rules: [],
  };
  assert.equal(repairRole(role, protectedRole), undefined);
  const admin = named("admin");
  assert.equal(repairRole(admin, { ...admin, rules: [] }), undefined, "rules of an aggregated role are not ours");
  const plain = repairRole(admin, { metadata: admin.metadata!, rules: [] });
  assert.deepEqual(plain?.object.aggregationRule, admin.aggregationRule);
  const [selector] = admin.aggregationRule?.clusterRoleSelectors ?? [];
  const another = { matchLabels: { mine: "yes" } };
  const grown = repairRole(admin, { ...admin, aggregationRule: { clusterRoleSelectors: [another] } });
  assert.deepEqual(grown?.object.aggregationRule?.clusterRoleSelectors, [another, selector]);
  assert.equal(
    repairRole(admin, { ...admin, aggregationRule: { clusterRoleSelectors: [another, selector!] } }),
    undefined,
  );
  const turned = repairRole(role, { ...role, aggregationRule: { clusterRoleSelectors: [another] } });
  assert.deepEqual(turned?.object, role, "a plain role does not become an aggregated one");
});

/** Upstream's of 1.36, with those of trust bundles and pods' certificates, which are served here. */
test("the default objects are upstream's, by number, name and content", () => {
  const ours = <T extends { metadata?: { name?: string; labels?: Record<string, string> } }>(objects: readonly T[]) =>
    objects.filter(({ metadata }) => metadata?.labels?.["kubernetes.io/bootstrapping"] === "rbac-defaults");
  const names = ours(rbac.clusterRoles).map(({ metadata }) => metadata?.name ?? "");
  const bound = ours(rbac.clusterRoleBindings).map(({ metadata }) => metadata?.name ?? "");
  const controllers = names.filter((name) => name.startsWith("system:controller:"));
  assert.deepEqual(
    bound.filter((name) => name.startsWith("system:controller:")),
    controllers,
  );
  const counts = [names, controllers, bound, ours(rbac.roles), ours(rbac.roleBindings)].map(({ length }) => length);
  assert.deepEqual(counts, [72, 40, 53, 7, 7]);
  const digest = (values: readonly unknown[]): string =>
    createHash("sha256")
      .update(
        values
          .map((value) => JSON.stringify(value))
          .sort()
          .join("\n"),
      )
      .digest("hex")
      .slice(0, 16);
  assert.equal(digest(names), "3cdd3ef9c451035e");
  const content = ours(rbac.clusterRoles).map(({ metadata, rules, aggregationRule }) => [
    metadata,
    aggregationRule ?? rules,
  ]);
  assert.equal(digest(content), "b573e7b945bf8d77");
});

test("bindings get their subjects back, or are made anew", () => {
  const binding = rbac.clusterRoleBindings.find((each) => each.metadata?.name === "system:public-info-viewer")!;
  const [first, second] = binding.subjects!;
  const mine = { kind: "User", name: "me" };
  assert.equal(repairBinding(binding, { ...binding, subjects: [second!, mine, first!] }), undefined);
  assert.deepEqual(repairBinding(binding, { ...binding, subjects: [mine, first!] })?.object.subjects, [
    mine,
    first,
    second,
  ]);
  const astray = { ...binding, roleRef: { ...binding.roleRef, name: "cluster-admin" } };
  assert.deepEqual(repairBinding(binding, astray), { kind: "replace", object: binding });
});
