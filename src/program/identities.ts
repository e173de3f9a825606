import type { UserInfo } from "../apiserver/authn/authenticator.ts";
import { ALL_AUTHENTICATED, serviceAccountGroups, serviceAccountUserName } from "../apiserver/authn/users.ts";

/** Who the parts of the program are when they speak to the door: least privilege, the same as over the network. */
export const identities = {
  /** Only for what must be there before roles are: the defaults themselves. */
  bootstrap: { name: "system:apiserver", groups: ["system:masters", ALL_AUTHENTICATED] },
  scheduler: { name: "system:kube-scheduler", groups: [ALL_AUTHENTICATED] },
  proxy: { name: "system:kube-proxy", groups: [ALL_AUTHENTICATED] },
  dns: serviceAccount("coredns"),
  controllerManager: { name: "system:kube-controller-manager", groups: [ALL_AUTHENTICATED] },
} satisfies Record<string, UserInfo>;

/** A controller acts as its own service account in kube-system (kube-controller-manager --use-service-account-credentials). */
export function serviceAccount(name: string): UserInfo {
  return {
    name: serviceAccountUserName("kube-system", name),
    groups: [...serviceAccountGroups("kube-system"), ALL_AUTHENTICATED],
  };
}

export function nodeIdentity(nodeName: string): UserInfo {
  return { name: `system:node:${nodeName}`, groups: ["system:nodes", ALL_AUTHENTICATED] };
}

/** Service accounts of the controllers whose account upstream names otherwise than the controller. */
export const CONTROLLER_ACCOUNTS: Readonly<Record<string, string>> = {
  "service-cidr-controller": "service-cidrs-controller",
  "certificatesigningrequest-approving-controller": "certificate-controller",
  "persistentvolume-protection-controller": "pv-protection-controller",
  "persistentvolumeclaim-protection-controller": "pvc-protection-controller",
  "certificatesigningrequest-cleaner-controller": "certificate-controller",
  "certificatesigningrequest-signing-controller": "certificate-controller",
  "daemonset-controller": "daemon-set-controller",
  "endpoints-controller": "endpoint-controller",
  "endpointslice-mirroring-controller": "endpointslicemirroring-controller",
  "garbage-collector-controller": "generic-garbage-collector",
  "kube-apiserver-serving-clustertrustbundle-publisher-controller":
    "kube-apiserver-serving-clustertrustbundle-publisher",
  "podcertificaterequest-cleaner-controller": "podcertificaterequestcleaner",
  "legacy-serviceaccount-token-cleaner-controller": "legacy-service-account-token-cleaner",
  "node-ipam-controller": "node-controller",
  "node-lifecycle-controller": "node-controller",
  "pod-garbage-collector-controller": "pod-garbage-collector",
  "replicationcontroller-controller": "replication-controller",
  "root-ca-certificate-publisher-controller": "root-ca-cert-publisher",
  "serviceaccount-controller": "service-account-controller",
  "taint-eviction-controller": "node-controller",
};

/** Controllers that events name otherwise. */
export const EVENT_SOURCES: Readonly<Record<string, string>> = {
  "endpoints-controller": "endpoint-controller",
  "endpointslice-controller": "endpoint-slice-controller",
  "endpointslice-mirroring-controller": "endpoint-slice-mirroring-controller",
  "node-ipam-controller": "cidrAllocator",
  "node-lifecycle-controller": "node-controller",
  "replicationcontroller-controller": "replication-controller",
};
