import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  clusterTrustBundleAttest,
} from "./certificates.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { podSecurity } from "./pod-security/pod-security.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { mutatingAdmissionPolicy } from "./policy/mutating-policy.ts";
import { validatingAdmissionPolicy } from "./policy/validating-policy.ts";
import { priority } from "./priority.ts";
import { resourceQuota } from "./quota/resource-quota.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";
import { mutatingAdmissionWebhook } from "./webhook/mutating-webhook.ts";
import { validatingAdmissionWebhook } from "./webhook/validating-webhook.ts";

/** The plugins that upstream runs by default (and NodeRestriction, as every installer asks for), in upstream's order. */
export function createAdmissionPlugins(dependencies: AdmissionDependencies): AdmissionPlugin[] {
  return [
    namespaceLifecycle(dependencies),
    limitRanger(dependencies),
    serviceAccount(dependencies),
    nodeRestriction(dependencies),
    taintNodesByCondition,
    podSecurity(dependencies),
    priority(dependencies),
    defaultTolerationSeconds,
    defaultStorageClass(dependencies),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(dependencies),
    runtimeClass(dependencies),
    certificateApproval(dependencies),
    certificateSigning(dependencies),
    clusterTrustBundleAttest(dependencies),
    certificateSubjectRestriction,
    defaultIngressClass(dependencies),
    podTopologyLabels(dependencies),
    mutatingAdmissionPolicy(dependencies),
    mutatingAdmissionWebhook(dependencies),
    validatingAdmissionPolicy(dependencies),
    validatingAdmissionWebhook(dependencies),
    resourceQuota(dependencies),
  ];
}
