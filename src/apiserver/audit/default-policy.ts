import type { AuditPolicy } from "./policy.ts";

const READS = ["get", "list", "watch"];
const STREAMS = ["pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy"];
const SYSTEM_USERS = [
  "system:apiserver",
  "system:kube-controller-manager",
  "system:kube-scheduler",
  "system:kube-proxy",
];
const SYSTEM_GROUPS = ["system:nodes", "system:serviceaccounts:kube-system"];

/**
 * What is audited when nobody says otherwise: who changed which object, and never a body (so no secret either). Reads are
 * written down where they matter: of secrets, config maps and tokens, and those that reach into a pod or a node (exec, proxy …),
 * as CIS 3.2.2 asks, whoever makes them. Left out is what the cluster's own parts do all the time: leases, heartbeats, events.
 */
export const defaultAuditPolicy: AuditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "Metadata",
      resources: [
        { group: "", resources: ["secrets", "configmaps", "serviceaccounts/token"] },
        { group: "authentication.k8s.io", resources: ["tokenreviews"] },
        { group: "", resources: STREAMS },
      ],
    },
    {
      level: "None",
      nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version*", "/metrics*", "/openapi/*", "/api*"],
    },
    { level: "Metadata", nonResourceURLs: ["*"] },
    { level: "None", verbs: READS },
    {
      level: "None",
      resources: [
        { group: "", resources: ["events"] },
        { group: "events.k8s.io", resources: ["events"] },
      ],
    },
    ...[{ users: SYSTEM_USERS }, { userGroups: SYSTEM_GROUPS }].map((who): AuditPolicy["rules"][number] => ({
      level: "None",
      ...who,
      resources: [
        { group: "coordination.k8s.io", resources: ["leases"] },
        { group: "", resources: ["nodes/status", "pods/status", "endpoints"] },
        { group: "discovery.k8s.io", resources: ["endpointslices"] },
        { group: "apps", resources: ["*/status"] },
        { group: "batch", resources: ["*/status"] },
        { group: "policy", resources: ["*/status"] },
      ],
    })),
    { level: "Metadata" },
  ],
};
