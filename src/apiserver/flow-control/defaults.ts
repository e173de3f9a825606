import type {
  FlowSchema,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  ResourcePolicyRule,
  Subject,
} from "../../api/generated/flowcontrol.apiserver.k8s.io/v1.ts";
import { ALL_AUTHENTICATED, ALL_UNAUTHENTICATED, PRIVILEGED_GROUP } from "../authn/users.ts";

/** Objects that are made again as they were when somebody changes or deletes them; the others may be changed. */
export interface DefaultObjects<T> {
  readonly mandatory: readonly T[];
  readonly suggested: readonly T[];
}

const API_VERSION = "flowcontrol.apiserver.k8s.io/v1";
const ALL = "*";

/** The priority levels of Kubernetes 1.36 (pkg/apis/flowcontrol/bootstrap). */
export const defaultPriorityLevels: DefaultObjects<PriorityLevelConfiguration> = {
  mandatory: [
    level("exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
    level("catch-all", {
      type: "Limited",
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } },
    }),
  ],
  suggested: [
    queuing("system", { shares: 30, lendablePercent: 33, queues: 64, handSize: 6 }),
    queuing("node-high", { shares: 40, lendablePercent: 25, queues: 64, handSize: 6 }),
    queuing("leader-election", { shares: 10, lendablePercent: 0, queues: 16, handSize: 4 }),
    queuing("workload-high", { shares: 40, lendablePercent: 50, queues: 128, handSize: 6 }),
    queuing("workload-low", { shares: 100, lendablePercent: 90, queues: 128, handSize: 6 }),
    queuing("global-default", { shares: 20, lendablePercent: 50, queues: 128, handSize: 6 }),
  ],
};

const everybody = [group(ALL_UNAUTHENTICATED), group(ALL_AUTHENTICATED)];
const managers = [user("system:kube-controller-manager"), user("system:kube-scheduler")];
const ELECTION_VERBS = ["get", "create", "update"];
const leases = namespaced(ELECTION_VERBS, ["coordination.k8s.io"], ["leases"]);

/** The flow schemas of Kubernetes 1.36, in the order of their precedence. */
export const defaultFlowSchemas: DefaultObjects<FlowSchema> = {
  mandatory: [
    schema("exempt", ["exempt", 1], undefined, everything([group(PRIVILEGED_GROUP)])),
    schema("catch-all", ["catch-all", 10000], "ByUser", everything(everybody)),
  ],
  suggested: [
    schema("probes", ["exempt", 2], undefined, {
      subjects: everybody,
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
    }),
    schema("system-leader-election", ["leader-election", 100], "ByUser", {
      subjects: [...managers, ...kubeSystemAccounts(ALL)],
      resourceRules: [leases],
    }),
    schema("endpoint-controller", ["workload-high", 150], "ByUser", {
      subjects: [managers[0]!, ...kubeSystemAccounts("endpoint-controller", "endpointslicemirroring-controller")],
      resourceRules: [namespaced(ELECTION_VERBS, [""], ["endpoints"])],
    }),
    schema("workload-leader-election", ["leader-election", 200], "ByUser", {
      subjects: kubeSystemAccounts(ALL),
      resourceRules: [namespaced(ELECTION_VERBS, [""], ["endpoints", "configmaps"]), leases],
    }),
    schema("system-node-high", ["node-high", 400], "ByUser", {
      subjects: [group("system:nodes")],
      resourceRules: [
        { ...namespaced([ALL], [""], ["nodes", "nodes/status"]), clusterScope: true },
        namespaced([ALL], ["coordination.k8s.io"], ["leases"]),
      ],
    }),
    schema("system-nodes", ["system", 500], "ByUser", everything([group("system:nodes")])),
    schema("kube-controller-manager", ["workload-high", 800], "ByNamespace", everything([managers[0]!])),
    schema("kube-scheduler", ["workload-high", 800], "ByNamespace", everything([managers[1]!])),
    schema("kube-system-service-accounts", ["workload-high", 900], "ByNamespace", everything(kubeSystemAccounts(ALL))),
    schema("service-accounts", ["workload-low", 9000], "ByUser", everything([group("system:serviceaccounts")])),
    schema("global-default", ["global-default", 9900], "ByUser", everything(everybody)),
  ],
};

function level(name: string, spec: NonNullable<PriorityLevelConfiguration["spec"]>): PriorityLevelConfiguration {
  return { kind: "PriorityLevelConfiguration", apiVersion: API_VERSION, metadata: { name }, spec };
}

function queuing(
  name: string,
  of: { shares: number; lendablePercent: number; queues: number; handSize: number },
): PriorityLevelConfiguration {
  return level(name, {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: of.shares,
      lendablePercent: of.lendablePercent,
      limitResponse: {
        type: "Queue",
        queuing: { queues: of.queues, handSize: of.handSize, queueLengthLimit: 50 },
      },
    },
  });
}

function schema(
  name: string,
  [priorityLevel, matchingPrecedence]: readonly [string, number],
  distinguisher: "ByUser" | "ByNamespace" | undefined,
  rule: PolicyRulesWithSubjects,
): FlowSchema {
  return {
    kind: "FlowSchema",
    apiVersion: API_VERSION,
    metadata: { name },
    spec: {
      priorityLevelConfiguration: { name: priorityLevel },
      matchingPrecedence,
      ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
      rules: [rule],
    },
  };
}

function everything(subjects: Subject[]): PolicyRulesWithSubjects {
  return {
    subjects,
    resourceRules: [{ ...namespaced([ALL], [ALL], [ALL]), clusterScope: true }],
    nonResourceRules: [{ verbs: [ALL], nonResourceURLs: [ALL] }],
  };
}

function namespaced(verbs: string[], apiGroups: string[], resources: string[]): ResourcePolicyRule {
  return { verbs, apiGroups, resources, namespaces: [ALL] };
}

function group(name: string): Subject {
  return { kind: "Group", group: { name } };
}

function user(name: string): Subject {
  return { kind: "User", user: { name } };
}

function kubeSystemAccounts(...names: string[]): Subject[] {
  return names.map((name) => ({ kind: "ServiceAccount", serviceAccount: { namespace: "kube-system", name } }));
}
