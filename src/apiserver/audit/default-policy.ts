import type { AuditPolicy } from "./policy.ts";

const READS = ["get", "list", "watch"];
const SYSTEM_USERS = [
  "system:apiserver",
  "system:kube-controller-manager",
  "system:kube-scheduler",
  "system:kube-proxy",
];
const SYSTEM_GROUPS = ["system:nodes", "system:serviceaccounts:kube-system"];

/**
 * What is audited when nobody says otherwise: who did what to which object, and never a body (so no secret either). Left out
 * is what the cluster's own parts do all the time: their reads, leases, heartbeats and events. Access to secrets, config maps
 * and tokens is written down whoever has it, as CIS 3.2.2 asks.
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
      ],
    },
    {
      level: "None",
      nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version*", "/metrics*", "/openapi/*", "/api*"],
    },
    {
      level: "None",
      resources: [
        { group: "", resources: ["events"] },
        { group: "events.k8s.io", resources: ["events"] },
      ],
    },
    ...[{ users: SYSTEM_USERS }, { userGroups: SYSTEM_GROUPS }].flatMap((who): AuditPolicy["rules"] => [
      { level: "None", ...who, verbs: READS },
      {
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
      },
    ]),
    { level: "Metadata" },
  ],
};
