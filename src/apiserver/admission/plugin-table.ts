import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { alwaysAdmit, alwaysDeny } from "./always.ts";
import { alwaysPullImages } from "./always-pull-images.ts";
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  clusterTrustBundleAttest,
} from "./certificates.ts";
import type { PluginConfigurations } from "./configuration/plugin-configurations.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { denyServiceExternalIps } from "./deny-service-external-ips.ts";
import { eventRateLimit } from "./event-rate-limit.ts";
import { extendedResourceToleration } from "./extended-resource-toleration.ts";
import { imagePolicyPlugin } from "./image-policy-webhook.ts";
import { limitPodHardAntiAffinityTopology } from "./limit-pod-hard-anti-affinity-topology.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceAutoProvision } from "./namespace-auto-provision.ts";
import { namespaceExists } from "./namespace-exists.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeDeclaredFeatureValidator } from "./node-declared-feature-validator.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { ownerReferencesPermissionEnforcement } from "./owner-references-permission-enforcement.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { podNodeSelector } from "./pod-node-selector.ts";
import { podResizeValidator } from "./pod-resize-validator.ts";
import { podSecurity } from "./pod-security/pod-security.ts";
import { podTolerationRestriction } from "./pod-toleration-restriction.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { mutatingAdmissionPolicy } from "./policy/mutating-policy.ts";
import { validatingAdmissionPolicy } from "./policy/validating-policy.ts";
import { priority } from "./priority.ts";
import { resourceQuota } from "./quota/resource-quota.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { switchedOff } from "./switched-off.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";
import { mutatingAdmissionWebhook } from "./webhook/mutating-webhook.ts";
import { validatingAdmissionWebhook } from "./webhook/validating-webhook.ts";

export interface PluginEntry {
  readonly name: string;
  /** Runs unless somebody turns it off (and NodeRestriction, which every installer asks for). */
  readonly isDefault: boolean;
  create(dependencies: AdmissionDependencies, configurations: PluginConfigurations): AdmissionPlugin;
}

type Create = PluginEntry["create"] | AdmissionPlugin;

const on = (name: string, create: Create): PluginEntry => entry(name, create, true);
const off = (name: string, create: Create): PluginEntry => entry(name, create, false);

function entry(name: string, create: Create, isDefault: boolean): PluginEntry {
  return { name, isDefault, create: typeof create === "function" ? create : () => create };
}

/** Every plugin, in upstream's order: who changes objects comes before who judges them, webhooks and quota come last. */
export const pluginTable: readonly PluginEntry[] = [
  off("AlwaysAdmit", alwaysAdmit),
  off("NamespaceAutoProvision", namespaceAutoProvision),
  on("NamespaceLifecycle", namespaceLifecycle),
  off("NamespaceExists", namespaceExists),
  off("LimitPodHardAntiAffinityTopology", limitPodHardAntiAffinityTopology),
  on("LimitRanger", limitRanger),
  on("ServiceAccount", serviceAccount),
  on("NodeRestriction", nodeRestriction),
  on("TaintNodesByCondition", taintNodesByCondition),
  off("AlwaysPullImages", alwaysPullImages),
  off("ImagePolicyWebhook", (dependencies, { imagePolicy }) => imagePolicyPlugin(dependencies, imagePolicy)),
  on("PodSecurity", (dependencies, configurations) => podSecurity(dependencies, configurations.podSecurity)),
  off("PodNodeSelector", (dependencies, configurations) =>
    podNodeSelector(dependencies, configurations.podNodeSelector),
  ),
  on("Priority", priority),
  on("DefaultTolerationSeconds", defaultTolerationSeconds),
  off("PodTolerationRestriction", (dependencies, configurations) =>
    podTolerationRestriction(dependencies, configurations.podTolerationRestriction),
  ),
  off("EventRateLimit", (dependencies, configurations) => eventRateLimit(dependencies, configurations.eventRateLimit)),
  off("ExtendedResourceToleration", extendedResourceToleration),
  on("DefaultStorageClass", defaultStorageClass),
  on("StorageObjectInUseProtection", storageObjectInUseProtection),
  on("PodGroupProtection", switchedOff("PodGroupProtection")),
  off("OwnerReferencesPermissionEnforcement", ownerReferencesPermissionEnforcement),
  on("PersistentVolumeClaimResize", persistentVolumeClaimResize),
  on("RuntimeClass", runtimeClass),
  on("CertificateApproval", certificateApproval),
  on("CertificateSigning", certificateSigning),
  on("ClusterTrustBundleAttest", clusterTrustBundleAttest),
  on("CertificateSubjectRestriction", certificateSubjectRestriction),
  on("DefaultIngressClass", defaultIngressClass),
  off("DenyServiceExternalIPs", denyServiceExternalIps),
  on("PodTopologyLabels", podTopologyLabels),
  on("PodGroupWorkloadExists", switchedOff("PodGroupWorkloadExists")),
  on("NodeDeclaredFeatureValidator", nodeDeclaredFeatureValidator),
  on("JobValidation", switchedOff("JobValidation")),
  on("PodResizeValidator", podResizeValidator),
  on("MutatingAdmissionPolicy", mutatingAdmissionPolicy),
  on("MutatingAdmissionWebhook", (dependencies, { mutatingWebhooks }) =>
    mutatingAdmissionWebhook(dependencies, mutatingWebhooks),
  ),
  on("ValidatingAdmissionPolicy", validatingAdmissionPolicy),
  on("ValidatingAdmissionWebhook", (dependencies, { validatingWebhooks }) =>
    validatingAdmissionWebhook(dependencies, validatingWebhooks),
  ),
  on("ResourceQuota", (dependencies, configurations) => resourceQuota(dependencies, configurations.resourceQuota)),
  off("AlwaysDeny", alwaysDeny),
];
