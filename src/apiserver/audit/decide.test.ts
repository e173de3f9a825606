import assert from "node:assert/strict";
import { test } from "node:test";
import { requestInfo } from "../request-info.ts";
import { auditDecider } from "./decide.ts";
import { defaultAuditPolicy } from "./default-policy.ts";
import type { AuditLevel } from "./event.ts";
import { type AuditRule, readPolicy } from "./policy.ts";

const user = (name: string, ...groups: string[]) => ({ name, groups });
const info = (method: string, path: string) => requestInfo(method, path, new URLSearchParams());

function levelOf(rules: readonly AuditRule[], method: string, path: string, who = user("jane", "dev")): AuditLevel {
  return auditDecider({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules })(who, info(method, path)).level;
}

const POD = "/api/v1/namespaces/shop/pods/web";
const rules: [name: string, rule: Omit<AuditRule, "level">, method: string, path: string, matches: boolean][] = [
  ["everything", {}, "GET", POD, true],
  ["user", { users: ["jane"] }, "GET", POD, true],
  ["another user", { users: ["joe"] }, "GET", POD, false],
  ["group", { userGroups: ["ops", "dev"] }, "GET", POD, true],
  ["another group", { userGroups: ["ops"] }, "GET", POD, false],
  ["verb", { verbs: ["get"] }, "GET", POD, true],
  ["another verb", { verbs: ["list"] }, "GET", POD, false],
  ["namespace", { namespaces: ["shop"] }, "GET", POD, true],
  ["another namespace", { namespaces: ["kube-system"] }, "GET", POD, false],
  ["no namespace", { namespaces: [""] }, "GET", "/api/v1/nodes/a", true],
  ["group of the API", { resources: [{ group: "" }] }, "GET", POD, true],
  ["another group of the API", { resources: [{ group: "apps" }] }, "GET", POD, false],
  ["resource", { resources: [{ group: "", resources: ["pods"] }] }, "GET", POD, true],
  ["a resource is not its subresource", { resources: [{ resources: ["pods"] }] }, "GET", `${POD}/log`, false],
  ["subresource", { resources: [{ resources: ["pods/log"] }] }, "GET", `${POD}/log`, true],
  ["any subresource", { resources: [{ resources: ["pods/*"] }] }, "GET", `${POD}/log`, true],
  ["pods/* is pods too", { resources: [{ resources: ["pods/*"] }] }, "GET", POD, true],
  ["a subresource of anything", { resources: [{ resources: ["*/log"] }] }, "GET", `${POD}/log`, true],
  ["*/scale is not status", { resources: [{ resources: ["*/scale"] }] }, "GET", `${POD}/status`, false],
  ["*", { resources: [{ resources: ["*"] }] }, "GET", `${POD}/log`, true],
  ["name", { resources: [{ resources: ["pods"], resourceNames: ["web"] }] }, "GET", POD, true],
  ["another name", { resources: [{ resources: ["pods"], resourceNames: ["db"] }] }, "GET", POD, false],
  ["path", { nonResourceURLs: ["/healthz"] }, "GET", "/healthz", true],
  ["path with a star", { nonResourceURLs: ["/healthz*"] }, "GET", "/healthz/ping", true],
  ["a path is no resource", { nonResourceURLs: ["*"] }, "GET", POD, false],
  ["a resource is no path", { resources: [{ group: "" }] }, "GET", "/healthz", false],
];

for (const [name, rule, method, path, matches] of rules) {
  test(`a rule for ${name} ${matches ? "matches" : "does not match"}`, () => {
    assert.equal(levelOf([{ level: "Request", ...rule }], method, path), matches ? "Request" : "None");
  });
}

test("the first rule that matches decides; stages of policy and rule add up", () => {
  const decide = auditDecider({
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    omitManagedFields: true,
    rules: [
      { level: "Metadata", verbs: ["get"], omitStages: ["Panic"], omitManagedFields: false },
      { level: "Request" },
    ],
  });
  const first = decide(user("a"), info("GET", POD));
  assert.deepEqual(
    [first.level, [...first.omitStages], first.omitManagedFields],
    ["Metadata", ["RequestReceived", "Panic"], false],
  );
  assert.equal(decide(user("a"), info("PUT", POD)).omitManagedFields, true);
});

const NODE = user("system:node:a", "system:nodes", "system:authenticated");
const CONTROLLER = user(
  "system:serviceaccount:kube-system:replicaset-controller",
  "system:serviceaccounts:kube-system",
);
const defaults: [what: string, who: ReturnType<typeof user>, method: string, path: string, level: AuditLevel][] = [
  ["a secret, by its reader", user("jane"), "GET", "/api/v1/namespaces/a/secrets/b", "Metadata"],
  ["a secret, by a kubelet", NODE, "GET", "/api/v1/namespaces/a/secrets/b", "Metadata"],
  ["config maps", CONTROLLER, "GET", "/api/v1/configmaps", "Metadata"],
  ["a token review", NODE, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", "Metadata"],
  ["a new token", NODE, "POST", "/api/v1/namespaces/a/serviceaccounts/b/token", "Metadata"],
  ["a new pod", CONTROLLER, "POST", "/api/v1/namespaces/a/pods", "Metadata"],
  ["an exec", user("jane"), "POST", "/api/v1/namespaces/a/pods/b/exec", "Metadata"],
  ["a person's read", user("jane"), "GET", "/api/v1/pods", "None"],
  ["an exec over a WebSocket", user("jane"), "GET", "/api/v1/namespaces/a/pods/b/exec", "Metadata"],
  ["a person's delete", user("jane"), "DELETE", "/api/v1/namespaces/a/pods/b", "Metadata"],
  ["a changed role", user("jane"), "PUT", "/apis/rbac.authorization.k8s.io/v1/clusterroles/a", "Metadata"],
  ["a path that nobody knows", user("jane"), "GET", "/debug/pprof/profile", "Metadata"],
  ["a heartbeat", NODE, "PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a", "None"],
  ["a component's read", NODE, "GET", "/api/v1/pods", "None"],
  ["health", user("jane"), "GET", "/readyz", "None"],
  ["discovery", user("jane"), "GET", "/apis/apps/v1", "None"],
  ["an event", user("jane"), "POST", "/api/v1/namespaces/a/events", "None"],
];

for (const [what, who, method, path, level] of defaults) {
  test(`the default policy writes ${level} of ${what}`, () => {
    assert.equal(auditDecider(defaultAuditPolicy)(who, info(method, path)).level, level);
  });
}

test("the default policy is one that can be read, and has no bodies", () => {
  assert.equal(readPolicy(defaultAuditPolicy), defaultAuditPolicy);
  for (const { level } of defaultAuditPolicy.rules) assert.ok(level === "None" || level === "Metadata");
});

const policy = (rule: object): object => ({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [rule] });
const refused: [name: string, value: unknown, problem: RegExp][] = [
  ["no object", "text", /must be of kind Policy|must be an object/],
  ["another kind", { apiVersion: "audit.k8s.io/v1", kind: "Event", rules: [] }, /must be of kind Policy/],
  ["another version", { apiVersion: "audit.k8s.io/v1beta1", kind: "Policy", rules: [] }, /audit\.k8s\.io\/v1beta1/],
  ["no rules", { apiVersion: "audit.k8s.io/v1", kind: "Policy" }, /rules: Required value/],
  ["no level", policy({}), /rules\[0\]\.level: Unsupported value/],
  ["an unknown level", policy({ level: "All" }), /rules\[0\]\.level: Unsupported value: "All"/],
  [
    "an unknown stage",
    policy({ level: "None", omitStages: ["End"] }),
    /rules\[0\]\.omitStages: Unsupported value: "End"/,
  ],
  ["a misspelt field", policy({ level: "None", user: ["a"] }), /unknown field "rules\[0\]\.user"/],
  ["paths with resources", policy({ level: "None", nonResourceURLs: ["/a"], resources: [{}] }), /cannot apply to both/],
  ["a star within a path", policy({ level: "None", nonResourceURLs: ["/a*b"] }), /'\*' at the end only/],
  [
    "names without resources",
    policy({ level: "None", resources: [{ resourceNames: ["a"] }] }),
    /at least one resource/,
  ],
];

for (const [name, value, problem] of refused) {
  test(`a policy with ${name} is refused`, () => assert.throws(() => readPolicy(value), problem));
}
