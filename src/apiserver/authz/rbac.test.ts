import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyRule, RoleRef, Subject } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "../../api/generated/resources.ts";
import { StatusError } from "../../api/status.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { createAuthorizer } from "./create-authorizer.ts";
import { checkEscalation } from "./escalation.ts";
import { forbiddenError } from "./forbidden.ts";
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from "./reviews.ts";
import { type RuleQuestion, ruleAllows } from "./rule-match.ts";

const user = (name: string, ...groups: string[]) => ({ name, groups });
const clusterRole = (name: string): RoleRef => ({ apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name });
const role = (name: string): RoleRef => ({ ...clusterRole(name), kind: "Role" });
const rule = (verbs: string, resources: string, group = ""): PolicyRule => ({
  verbs: verbs.split(","),
  apiGroups: [group],
  resources: resources.split(","),
});

function attributes(
  name: string,
  question: string,
  over: Partial<AuthorizationAttributes> = {},
): AuthorizationAttributes {
  const [verb = "", what = ""] = question.split(" ");
  const base = { user: user(name), verb, version: "v1", group: "", name: "", namespace: "" };
  if (what.startsWith("/")) {
    return { ...base, resourceRequest: false, resource: "", subresource: "", path: what, ...over };
  }
  const [namespace = "", resource = "", subresource = ""] = what.includes(":")
    ? [what.split(":")[0], ...(what.split(":")[1] ?? "").split("/")]
    : ["", ...what.split("/")];
  return { ...base, resourceRequest: true, namespace, resource, subresource, path: "", ...over };
}

async function world() {
  const reader = new MemoryReader();
  const subject = (kind: string, name: string, namespace?: string): Subject => ({
    kind,
    name,
    ...(namespace ? { namespace } : {}),
  });
  reader.put(
    clusterRoles,
    { metadata: { name: "reader" }, rules: [rule("get,list", "pods")] },
    { metadata: { name: "root" }, rules: [rule("*", "*", "*"), { verbs: ["*"], nonResourceURLs: ["*"] }] },
    { metadata: { name: "probes" }, rules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/livez/*"] }] },
    {
      metadata: { name: "binder" },
      rules: [{ ...rule("bind", "clusterroles", "rbac.authorization.k8s.io"), resourceNames: ["root"] }],
    },
  );
  reader.put(roles, { metadata: { name: "writer", namespace: "shop" }, rules: [rule("create", "pods,pods/exec")] });
  reader.put(
    clusterRoleBindings,
    { metadata: { name: "readers" }, roleRef: clusterRole("reader"), subjects: [subject("Group", "dev")] },
    { metadata: { name: "admins" }, roleRef: clusterRole("root"), subjects: [subject("User", "root")] },
    {
      metadata: { name: "probes" },
      roleRef: clusterRole("probes"),
      subjects: [subject("Group", "system:unauthenticated")],
    },
    { metadata: { name: "binders" }, roleRef: clusterRole("binder"), subjects: [subject("User", "bob")] },
    { metadata: { name: "dangling" }, roleRef: clusterRole("nothing"), subjects: [subject("User", "dan")] },
  );
  reader.put(
    roleBindings,
    {
      metadata: { name: "builders", namespace: "shop" },
      roleRef: role("writer"),
      subjects: [
        subject("ServiceAccount", "builder"),
        subject("ServiceAccount", "remote", "lab"),
        subject("User", "wanda"),
      ],
    },
    {
      metadata: { name: "local-readers", namespace: "shop" },
      roleRef: clusterRole("reader"),
      subjects: [subject("User", "rita")],
    },
  );
  return { reader, authorization: await createAuthorizer(reader) };
}

test("one rule against one question", () => {
  const question = (over: Partial<RuleQuestion>): RuleQuestion => ({
    verb: "get",
    resourceRequest: true,
    group: "",
    resource: "pods",
    subresource: "",
    name: "web",
    path: "",
    ...over,
  });
  const path = (path: string): RuleQuestion => question({ resourceRequest: false, path });
  const cases: [string, PolicyRule, RuleQuestion, boolean][] = [
    ["plain", rule("get", "pods"), question({}), true],
    ["verb", rule("list", "pods"), question({}), false],
    ["any verb", rule("*", "pods"), question({}), true],
    ["group", rule("get", "pods", "apps"), question({}), false],
    ["any group", rule("get", "pods", "*"), question({}), true],
    ["resource does not hold its subresources", rule("get", "pods"), question({ subresource: "log" }), false],
    ["subresource", rule("get", "pods/log"), question({ subresource: "log" }), true],
    ["subresource of everything", rule("get", "*/log"), question({ subresource: "log" }), true],
    ["subresource of everything is no resource", rule("get", "*/log"), question({}), false],
    ["everything", rule("get", "*"), question({ subresource: "log" }), true],
    ["name", { ...rule("get", "pods"), resourceNames: ["web"] }, question({}), true],
    ["other name", { ...rule("get", "pods"), resourceNames: ["db"] }, question({}), false],
    [
      "list has no name",
      { ...rule("list", "pods"), resourceNames: ["web"] },
      question({ verb: "list", name: "" }),
      false,
    ],
    ["path", { verbs: ["get"], nonResourceURLs: ["/healthz"] }, path("/healthz"), true],
    ["path is exact", { verbs: ["get"], nonResourceURLs: ["/healthz"] }, path("/healthz/etcd"), false],
    ["path prefix", { verbs: ["get"], nonResourceURLs: ["/healthz/*"] }, path("/healthz/etcd"), true],
    ["path prefix needs the slash", { verbs: ["get"], nonResourceURLs: ["/healthz/*"] }, path("/healthz"), false],
    ["paths give no resources", { verbs: ["*"], nonResourceURLs: ["*"] }, question({}), false],
    ["resources give no paths", rule("*", "*", "*"), path("/healthz"), false],
  ];
  for (const [name, given, asked, expected] of cases) assert.equal(ruleAllows(given, asked), expected, name);
});

test("decisions and their reasons", async () => {
  const { authorization } = await world();
  const account = "system:serviceaccount:shop:builder";
  const dev = { user: user("dora", "dev") };
  const cases: [AuthorizationAttributes, boolean, string][] = [
    [
      attributes("dora", "list pods", dev),
      true,
      'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"',
    ],
    [
      attributes("dora", "list shop:pods", dev),
      true,
      'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"',
    ],
    [attributes("dora", "create shop:pods", dev), false, ""],
    [
      attributes("root", "create shop:pods"),
      true,
      'RBAC: allowed by ClusterRoleBinding "admins" of ClusterRole "root" to User "root"',
    ],
    [
      attributes("rita", "list shop:pods"),
      true,
      'RBAC: allowed by RoleBinding "local-readers/shop" of ClusterRole "reader" to User "rita"',
    ],
    [attributes("rita", "list pods"), false, ""],
    [attributes("rita", "list lab:pods"), false, ""],
    [
      attributes(account, "create shop:pods/exec"),
      true,
      'RBAC: allowed by RoleBinding "builders/shop" of Role "writer" to ServiceAccount "builder/shop"',
    ],
    [
      attributes("system:serviceaccount:lab:remote", "create shop:pods"),
      true,
      'RBAC: allowed by RoleBinding "builders/shop" of Role "writer" to ServiceAccount "remote/lab"',
    ],
    [attributes("dan", "get pods"), false, 'RBAC: clusterrole.rbac.authorization.k8s.io "nothing" not found'],
    [
      attributes("x", "get /livez/ping", { user: user("system:anonymous", "system:unauthenticated") }),
      true,
      'RBAC: allowed by ClusterRoleBinding "probes" of ClusterRole "probes" to Group "system:unauthenticated"',
    ],
    [attributes("x", "delete nodes", { user: user("x", "system:masters") }), true, ""],
  ];
  for (const [asked, allowed, reason] of cases) {
    const answer = await authorization.authorize(asked);
    assert.deepEqual(answer, { decision: allowed ? "allow" : "noOpinion", reason }, JSON.stringify(asked));
  }
});

test("follows changes", async () => {
  const { reader, authorization } = await world();
  const may = async (name: string, question: string) =>
    (await authorization.authorize(attributes(name, question))).decision === "allow";
  assert.ok(await may("wanda", "create shop:pods"));
  const binding = await reader.get(roleBindings, "shop", "builders");
  reader.put(roleBindings, { ...binding!, subjects: [{ kind: "User", name: "new" }] });
  assert.ok(!(await may("wanda", "create shop:pods")));
  assert.ok(await may("new", "create shop:pods"));
  reader.put(roles, { metadata: { name: "writer", namespace: "shop" }, rules: [] });
  assert.ok(!(await may("new", "create shop:pods")));
  reader.put(roles, { metadata: { name: "writer", namespace: "shop" }, rules: [rule("create", "pods")] });
  assert.ok(await may("new", "create shop:pods"));
  reader.remove(roleBindings, "shop", "builders");
  assert.ok(!(await may("new", "create shop:pods")));
  reader.remove(clusterRoles, undefined, "root");
  assert.ok(!(await may("root", "get pods")));
});

test("refusals read as upstream's", () => {
  const cases: [AuthorizationAttributes, string, string][] = [
    [
      attributes("x", "list default:pods"),
      "",
      'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      attributes("x", "get nodes", { name: "n" }),
      "why",
      'nodes "n" is forbidden: User "x" cannot get resource "nodes" in API group "" at the cluster scope: why',
    ],
    [
      attributes("x", "patch shop:deployments/scale", { group: "apps", name: "d" }),
      "",
      'deployments.apps "d" is forbidden: User "x" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"',
    ],
    [attributes("x", "get /metrics"), "", 'forbidden: User "x" cannot get path "/metrics"'],
  ];
  for (const [asked, reason, message] of cases) {
    const error = forbiddenError(asked, reason);
    assert.equal(error.message, message);
    assert.equal(error.code, 403);
  }
});

test("reviews", async () => {
  const { authorization } = await world();
  const question = { resourceAttributes: { verb: "list", resource: "pods", namespace: "shop" } };
  const yes = {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "local-readers/shop" of ClusterRole "reader" to User "rita"',
  };
  const self = await reviewSelfSubjectAccess({ spec: question }, user("rita"), authorization);
  assert.deepEqual(self.status, yes);
  const other = await reviewSubjectAccess({ spec: { ...question, user: "rita" } }, authorization);
  assert.deepEqual(other.status, yes);
  const local = await reviewLocalSubjectAccess({ spec: { ...question, user: "nobody" } }, "shop", authorization);
  assert.deepEqual(local.status, { allowed: false });
  const rules = await reviewSelfSubjectRules(
    { spec: { namespace: "shop" } },
    user("rita", "system:unauthenticated"),
    authorization.rbac,
  );
  assert.deepEqual(rules.status, {
    resourceRules: [rule("get,list", "pods")],
    nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/livez/*"] }],
    incomplete: false,
  });
  const broken = await reviewSelfSubjectRules({ spec: { namespace: "shop" } }, user("dan"), authorization.rbac);
  assert.equal(broken.status?.evaluationError, 'clusterrole.rbac.authorization.k8s.io "nothing" not found');
  const bad: [Promise<unknown>, RegExp][] = [
    [
      reviewSelfSubjectAccess({ spec: {} }, user("rita"), authorization),
      /exactly one of nonResourceAttributes or resourceAttributes/,
    ],
    [
      reviewSelfSubjectAccess({ spec: { ...question, nonResourceAttributes: {} } }, user("rita"), authorization),
      /in combination/,
    ],
    [reviewSubjectAccess({ spec: question }, authorization), /at least one of user or group/],
    [
      reviewSubjectAccess({ metadata: { name: "a" }, spec: { ...question, user: "x" } }, authorization),
      /metadata: Invalid value: .*: must be empty$/,
    ],
    [
      reviewSelfSubjectAccess({ metadata: { labels: { a: "b" } }, spec: question }, user("rita"), authorization),
      /metadata: Invalid value: .*: must be empty$/,
    ],
    [
      reviewLocalSubjectAccess(
        { metadata: { name: "a", namespace: "shop" }, spec: { ...question, user: "x" } },
        "shop",
        authorization,
      ),
      /metadata: Invalid value: .*: must be empty except for namespace$/,
    ],
    [
      reviewLocalSubjectAccess({ spec: { ...question, user: "x" } }, "lab", authorization),
      /must match metadata.namespace/,
    ],
    [reviewSelfSubjectRules({ spec: {} }, user("rita"), authorization.rbac), /no namespace on request/],
  ];
  for (const [promise, message] of bad) await assert.rejects(promise, message);
});

test("nobody gives away more than they have", async () => {
  const { authorization } = await world();
  const newRole = (...rules: PolicyRule[]) => ({ metadata: { name: "new", namespace: "shop" }, rules });
  const binding = (ref: RoleRef) => ({ metadata: { name: "new", namespace: "shop" }, roleRef: ref, subjects: [] });
  const write = (
    name: string,
    object: ReturnType<typeof newRole> | ReturnType<typeof binding>,
    oldObject?: typeof object,
  ) => {
    const resource = "roleRef" in object ? roleBindings : roles;
    const base = { user: user(name, "staff"), resource: { ...resource, type: {} }, namespace: "shop", object };
    return checkEscalation({ ...base, ...(oldObject === undefined ? {} : { oldObject }) }, authorization);
  };
  const old = newRole(rule("delete", "nodes"));
  const cases: [string, Promise<void>, RegExp | undefined][] = [
    ["held rule", write("rita", newRole(rule("get", "pods"))), undefined],
    ["held by star", write("root", newRole(rule("delete", "nodes"))), undefined],
    [
      "not held",
      write("rita", newRole(rule("get,delete,watch", "pods"))),
      /roles\.rbac\.authorization\.k8s\.io "new" is forbidden: user "rita" \(groups=\["staff"\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["pods"\], Verbs:\["delete" "watch"\]\}$/,
    ],
    ["everything", write("rita", newRole(rule("*", "*", "*"))), /Verbs:\["\*"\]/],
    [
      "a named piece of what is held",
      write("rita", newRole({ ...rule("get", "pods"), resourceNames: ["a"] })),
      undefined,
    ],
    ["binding of held rules", write("rita", binding(clusterRole("reader"))), undefined],
    ["binding of more", write("rita", binding(clusterRole("root"))), /rolebindings.*attempting to grant/],
    ["binding with the bind verb", write("bob", binding(clusterRole("root"))), undefined],
    ["bind verb for another", write("bob", binding(clusterRole("reader"))), /attempting to grant/],
    [
      "binding of nothing",
      write("rita", binding(role("none"))),
      /roles\.rbac\.authorization\.k8s\.io "none" not found/,
    ],
    ["unchanged", write("rita", { ...old, metadata: { ...old.metadata, ...{ finalizers: ["x"] } } }, old), undefined],
    [
      "label on a stronger role",
      write("rita", { ...old, metadata: { ...old.metadata, ...{ labels: { a: "b" } } } }, old),
      /nodes/,
    ],
  ];
  for (const [name, result, message] of cases) {
    if (message === undefined) await result;
    else
      await assert.rejects(result, (error: Error) => error instanceof StatusError && message.test(error.message), name);
  }
  const aggregated = {
    user: user("rita"),
    resource: { ...clusterRoles, type: {} },
    namespace: "",
    object: { metadata: { name: "new" }, aggregationRule: { clusterRoleSelectors: [{}] } },
  };
  await assert.rejects(checkEscalation(aggregated, authorization), /APIGroups:\["\*"\]/);
});
