import type { Subject } from "../../../src/api/generated/rbac.authorization.k8s.io/v1.ts";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "../../../src/api/generated/resources.ts";
import type { UserInfo } from "../../../src/apiserver/authn/authenticator.ts";
import type { AuthorizationAttributes } from "../../../src/apiserver/authz/authorizer.ts";
import { createAuthorizer } from "../../../src/apiserver/authz/create-authorizer.ts";
import { MemoryReader } from "../../../src/apiserver/testing/memory-reader.ts";
import { defaultRbac } from "../../../src/bootstrap/rbac/default-objects.ts";
import { scaled, type Workload } from "../workload.ts";

const RBAC = "rbac.authorization.k8s.io";
const NAMESPACES = 500;
const BINDINGS = 10_000;
const DECISIONS = 200_000;
/** One namespace has so many bindings of one group: somebody's script made one a deployment. */
const CROWDED = 100;

export const authorize: Workload = {
  name: "authorize",
  description:
    "200,000 decisions of the chain Node, RBAC with 10,000 bindings in 500 namespaces: people in 20 groups, service accounts, refusals, one namespace with 100 bindings of one group",
  seconds: 8,
  goals: [
    { metric: "p99_us", atMost: 50 },
    { metric: "refused_p99_us", atMost: 50 },
  ],
  async measure(run) {
    const decisions = scaled(DECISIONS, run, 1000);
    const authorization = await createAuthorizer(filledReader());
    const [allowed, refused] = [allowedQuestions(), refusedQuestions()];
    const rounds = { p99_us: allowed, refused_p99_us: refused };
    const results: Record<string, number> = {};
    for (const [metric, questions] of Object.entries(rounds)) {
      const expected = metric === "p99_us" ? "allow" : "noOpinion";
      for (let index = 0; index < decisions / 10; index++)
        await authorization.authorize(questions[index % questions.length]!);
      const times = new Float64Array(decisions);
      const begun = performance.now();
      for (let index = 0; index < decisions; index++) {
        const start = performance.now();
        const { decision } = await authorization.authorize(questions[index % questions.length]!);
        times[index] = performance.now() - start;
        if (decision !== expected) throw new Error(`a question that is ${expected} was answered ${decision}`);
      }
      results[`${metric.replace("p99_us", "")}per_second`] = decisions / ((performance.now() - begun) / 1000);
      times.sort();
      results[metric] = times[Math.floor(decisions * 0.99)]! * 1000;
      results[metric.replace("p99", "p50")] = times[Math.floor(decisions / 2)]! * 1000;
    }
    authorization.close();
    return results;
  },
};

function filledReader(): MemoryReader {
  const rbac = defaultRbac();
  const reader = new MemoryReader();
  reader.put(clusterRoles, ...rbac.clusterRoles);
  reader.put(clusterRoleBindings, ...rbac.clusterRoleBindings);
  reader.put(roles, ...rbac.roles);
  reader.put(roleBindings, ...rbac.roleBindings);
  for (let index = 0; index < BINDINGS; index++) {
    const namespace = index % 10 === 0 && index / 10 < CROWDED ? "crowded" : `ns-${index % NAMESPACES}`;
    const subject: Subject =
      namespace === "crowded"
        ? { kind: "Group", apiGroup: RBAC, name: "scripted" }
        : index % 3 === 0
          ? { kind: "User", apiGroup: RBAC, name: `user-${index}` }
          : index % 3 === 1
            ? { kind: "Group", apiGroup: RBAC, name: `team-${index % 200}` }
            : { kind: "ServiceAccount", name: "default", namespace };
    const roleRef = { apiGroup: RBAC, kind: "ClusterRole", name: index % 2 === 0 ? "view" : "edit" };
    reader.put(roleBindings, { metadata: { name: `binding-${index}`, namespace }, roleRef, subjects: [subject] });
  }
  return reader;
}

const question = (user: UserInfo, over: Partial<AuthorizationAttributes>): AuthorizationAttributes => ({
  user,
  verb: "get",
  resourceRequest: true,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "",
  name: "web",
  path: "",
  ...over,
});

const inGroups = (name: string, ...groups: string[]): UserInfo => ({
  name,
  groups: [...Array.from({ length: 20 }, (_each, index) => `company-${index}`), ...groups, "system:authenticated"],
});

function allowedQuestions(): AuthorizationAttributes[] {
  return Array.from({ length: NAMESPACES }, (_each, index) => {
    const namespace = `ns-${index}`;
    const account = {
      name: `system:serviceaccount:${namespace}:default`,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    };
    const people = inGroups("jo", "scripted");
    return index % 2 === 0
      ? question(account, { namespace })
      : question(people, { namespace: "crowded", verb: "list", resource: "configmaps" });
  });
}

function refusedQuestions(): AuthorizationAttributes[] {
  return Array.from({ length: NAMESPACES }, (_each, index) =>
    index % 2 === 0
      ? question(inGroups("jo", `team-${index % 200}`), {
          namespace: `ns-${index}`,
          resource: "secrets",
          verb: "escalate",
        })
      : question(inGroups("jo", "scripted"), { namespace: "crowded", resource: "nodes", verb: "delete" }),
  );
}
