import type { ClusterRole, PolicyRule, Subject } from "../../api/generated/rbac.authorization.k8s.io/v1.ts";
import {
  clusterRoleBindings,
  clusterRoles,
  pods,
  roleBindings,
  roles,
  serviceAccounts,
} from "../../api/generated/resources.ts";
import { decide, type LookedAt, type Outcome, passed, type SecurityCheck, undecided } from "./check.ts";

interface Grant {
  readonly binding: string;
  readonly role: string;
  readonly subject: string;
  readonly rules: readonly PolicyRule[];
}

/** Rights that the benchmark wants to see in few hands. */
const RARE: readonly { id: string; title: string; verbs: readonly string[]; resource: string; group: string }[] = [
  { id: "5.1.2", title: "few may read Secrets", verbs: ["get", "list", "watch"], resource: "secrets", group: "" },
  { id: "5.1.4", title: "few may create pods", verbs: ["create"], resource: "pods", group: "" },
  {
    id: "5.1.9",
    title: "few may create persistent volumes",
    verbs: ["create"],
    resource: "persistentvolumes",
    group: "",
  },
  {
    id: "5.1.10",
    title: "few may reach nodes through the API server",
    verbs: ["get", "create"],
    resource: "nodes/proxy",
    group: "",
  },
  {
    id: "5.1.11",
    title: "few may approve certificate requests",
    verbs: ["update", "patch"],
    resource: "certificatesigningrequests/approval",
    group: "certificates.k8s.io",
  },
  {
    id: "5.1.12",
    title: "few may set up webhooks",
    verbs: ["create", "update", "patch"],
    resource: "mutatingwebhookconfigurations",
    group: "admissionregistration.k8s.io",
  },
  { id: "5.1.13", title: "few may make tokens", verbs: ["create"], resource: "serviceaccounts/token", group: "" },
];

export const roleChecks: readonly SecurityCheck[] = [
  {
    id: "5.1.1",
    title: "cluster-admin is given to administrators only",
    remedy: "remove bindings of cluster-admin that are not needed (kubectl delete clusterrolebinding)",
    async look(at) {
      const grants = (await grantsOf(at)).filter(({ role }) => role === "cluster-admin");
      const open = grants.filter(({ subject }) =>
        /^(User system:anonymous|Group system:(un)?authenticated)/.test(subject),
      );
      if (open.length > 0) return decide(false, texts(open));
      return fewOrAsk(grants);
    },
  },
  ...RARE.map(
    ({ id, title, verbs, resource, group }): SecurityCheck => ({
      id,
      title,
      remedy: `look who may ${verbs.join("/")} ${resource}: wherry check security --verbose`,
      async look(at) {
        const grants = await grantsOf(at);
        const allowed = grants.filter(({ rules }) => rules.some((rule) => gives(rule, { verbs, resource, group })));
        const open = allowed.filter(({ subject }) =>
          /^(User system:anonymous|Group system:unauthenticated)/.test(subject),
        );
        return open.length > 0 ? decide(false, texts(open)) : fewOrAsk(allowed);
      },
    }),
  ),
  {
    id: "5.1.3",
    title: "few roles have wildcards",
    remedy: "name resources and verbs in the roles that are listed: wherry check security --verbose",
    async look(at) {
      const all = [
        ...(await at.client.list(clusterRoles)).items,
        ...(await at.client.list(roles)).items,
      ] as ClusterRole[];
      const wide = all.filter(
        ({ metadata, rules }) =>
          metadata?.labels?.["kubernetes.io/bootstrapping"] === undefined &&
          (rules ?? []).some((rule) =>
            [rule.verbs, rule.resources, rule.apiGroups].some((words) => words?.includes("*")),
          ),
      );
      const names = wide.map(({ metadata }) => metadata?.name ?? "");
      return names.length === 0 ? passed("none but those that every cluster has") : undecided(names.join(", "));
    },
  },
  {
    id: "5.1.5",
    title: "default service accounts have no rights",
    remedy: "give rights to accounts made for the purpose, not to default",
    async look(at) {
      const given = (await grantsOf(at)).filter(({ subject }) => /^ServiceAccount [^/]+\/default$/.test(subject));
      return given.length === 0 ? passed("none is bound to a role") : undecided(texts(given));
    },
  },
  {
    id: "5.1.6",
    title: "tokens are mounted only where they are needed",
    remedy: "set automountServiceAccountToken: false in accounts and pods that do not speak to the API server",
    async look(at) {
      const accounts = await at.client.list(serviceAccounts);
      const mounting = (await at.client.list(pods)).items.filter(
        ({ spec, metadata }) =>
          metadata?.namespace !== "kube-system" &&
          spec?.automountServiceAccountToken !== false &&
          accounts.items.some(
            (account) =>
              account.metadata?.name === spec?.serviceAccountName &&
              account.metadata?.namespace === metadata?.namespace &&
              account.automountServiceAccountToken !== false,
          ),
      );
      return mounting.length === 0
        ? passed("no pod outside kube-system has one")
        : undecided(`${mounting.length} pods have one`);
    },
  },
  {
    id: "5.1.7",
    title: "nobody uses the group system:masters",
    remedy: "use the kubeconfig of the administrator, whose rights can be taken away (kubeadm:cluster-admins)",
    async look(at) {
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
      const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      const { body: answer } = await at.askAsAdministrator({ path, method: "POST", body });
      return decide(!answer.includes('"system:masters"'), "the administrator's kubeconfig is not of that group");
    },
  },
  {
    id: "5.1.8",
    title: "few may bind, escalate or impersonate",
    remedy: "look who may: wherry check security --verbose",
    async look(at) {
      const strong = ["bind", "escalate", "impersonate"];
      const grants = await grantsOf(at);
      return fewOrAsk(
        grants.filter(({ rules }) =>
          rules.some(({ verbs = [] }) => [...strong, "*"].some((verb) => verbs.includes(verb))),
        ),
      );
    },
  },
];

/** Components and administrators are as every cluster has them; everybody else is for a person to judge. */
function fewOrAsk(grants: readonly Grant[]): Outcome {
  const others = grants.filter(
    ({ subject }) =>
      !/^(User|Group) (system:|kubeadm:)/.test(subject) && !/^ServiceAccount kube-system\//.test(subject),
  );
  return others.length === 0 ? passed("components and administrators only") : undecided(texts(others));
}

function texts(grants: readonly Grant[]): string {
  return grants.map(({ subject, role, binding }) => `${subject} by ${binding} (${role})`).join(", ");
}

function gives(rule: PolicyRule, wanted: { verbs: readonly string[]; resource: string; group: string }): boolean {
  const has = (words: readonly string[] | undefined, word: string): boolean =>
    words?.includes(word) === true || words?.includes("*") === true;
  return (
    wanted.verbs.some((verb) => has(rule.verbs, verb)) &&
    has(rule.resources, wanted.resource) &&
    has(rule.apiGroups, wanted.group)
  );
}

async function grantsOf({ client }: LookedAt): Promise<Grant[]> {
  const [wide, narrow, clusterWide, namespaced] = await Promise.all([
    client.list(clusterRoleBindings),
    client.list(roleBindings),
    client.list(clusterRoles),
    client.list(roles),
  ]);
  const rulesOf = new Map<string, readonly PolicyRule[]>();
  for (const { metadata, rules } of clusterWide.items) rulesOf.set(`ClusterRole ${metadata?.name}`, rules ?? []);
  for (const { metadata, rules } of namespaced.items)
    rulesOf.set(`Role ${metadata?.namespace}/${metadata?.name}`, rules ?? []);
  return [...wide.items, ...narrow.items].flatMap((binding) => {
    const { roleRef, subjects, metadata } = binding;
    const key = roleRef.kind === "Role" ? `Role ${metadata?.namespace}/${roleRef.name}` : `ClusterRole ${roleRef.name}`;
    return (subjects ?? []).map((subject) => ({
      binding: metadata?.name ?? "",
      role: roleRef.name,
      subject: subjectText(subject),
      rules: rulesOf.get(key) ?? [],
    }));
  });
}

function subjectText({ kind, name, namespace }: Subject): string {
  return kind === "ServiceAccount" ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}
