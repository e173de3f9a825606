import {
  mutatingAdmissionPolicyKinds,
  validatingAdmissionPolicyKind,
} from "./admissionregistration/admission-policy.ts";
import { admissionPolicyBindingKinds } from "./admissionregistration/policy-binding.ts";
import {
  mutatingWebhookConfigurationKind,
  validatingWebhookConfigurationKind,
} from "./admissionregistration/webhook-configuration.ts";
import { customResourceDefinitionKind } from "./apiextensions/custom-resource-definition.ts";
import { apiServiceKind } from "./apiregistration/api-service.ts";
import { controllerRevisionKind } from "./apps/controller-revision.ts";
import { daemonSetKind } from "./apps/daemon-set.ts";
import { deploymentKind } from "./apps/deployment.ts";
import { replicaSetKind } from "./apps/replica-set.ts";
import { statefulSetKind } from "./apps/stateful-set.ts";
import { horizontalPodAutoscalerKind } from "./autoscaling/horizontal-pod-autoscaler.ts";
import { horizontalPodAutoscalerV1Kind } from "./autoscaling/horizontal-pod-autoscaler-v1.ts";
import { scaleKind } from "./autoscaling/scale.ts";
import { cronJobKind } from "./batch/cron-job.ts";
import { jobKind } from "./batch/job.ts";
import { certificateSigningRequestKind } from "./certificates/certificate-signing-request.ts";
import { podCertificateRequestKind } from "./certificates/pod-certificate-request.ts";
import { clusterTrustBundleKinds } from "./certificates/trust.ts";
import { leaseCandidateKinds, leaseKind } from "./coordination/lease.ts";
import { componentStatusKind } from "./core/component-status.ts";
import { configMapKind } from "./core/config-map.ts";
import { endpointsKind } from "./core/endpoints.ts";
import { eventKind } from "./core/event.ts";
import { limitRangeKind } from "./core/limit-range.ts";
import { namespaceKind } from "./core/namespace.ts";
import { nodeKind } from "./core/node.ts";
import { persistentVolumeKind } from "./core/persistent-volume.ts";
import { persistentVolumeClaimKind } from "./core/persistent-volume-claim.ts";
import { podKind } from "./core/pod.ts";
import { podTemplateKind } from "./core/pod-template-kind.ts";
import { replicationControllerKind } from "./core/replication-controller.ts";
import { resourceQuotaKind } from "./core/resource-quota.ts";
import { secretKind } from "./core/secret.ts";
import { serviceKind } from "./core/service.ts";
import { serviceAccountKind } from "./core/service-account.ts";
import { endpointSliceKind } from "./discovery/endpoint-slice.ts";
import { eventsEventKind } from "./events/event.ts";
import { flowSchemaKind } from "./flowcontrol/flow-schema.ts";
import { priorityLevelConfigurationKind } from "./flowcontrol/priority-level-configuration.ts";
import { withoutGatedFields } from "./gated-fields.ts";
import type { KindDefinition } from "./kind.ts";
import { ingressKind } from "./networking/ingress.ts";
import { ingressClassKind } from "./networking/ingress-class.ts";
import { networkPolicyKind } from "./networking/network-policy.ts";
import { serviceAddressKinds } from "./networking/service-cidr.ts";
import { runtimeClassKind } from "./node/runtime-class.ts";
import { podDisruptionBudgetKind } from "./policy/pod-disruption-budget.ts";
import { clusterRoleKind, roleKind } from "./rbac/role.ts";
import { clusterRoleBindingKind, roleBindingKind } from "./rbac/role-binding.ts";
import { deviceTaintRuleKinds } from "./resource/device-taint.ts";
import { resourcePoolStatusRequestKind } from "./resource/pool-status-request.ts";
import { resourceKinds } from "./resource/resource-claim.ts";
import { podGroupKind, workloadKind } from "./scheduling/pod-group.ts";
import { priorityClassKind } from "./scheduling/priority-class.ts";
import { csiDriverKind, csiNodeKind, csiStorageCapacityKind } from "./storage/csi.ts";
import { storageClassKind, volumeAttributesClassBetaKind, volumeAttributesClassKind } from "./storage/storage-class.ts";
import { volumeAttachmentKind } from "./storage/volume-attachment.ts";
import { storageVersionKind } from "./storagemigration/storage-version.ts";
import { storageVersionMigrationKind } from "./storagemigration/storage-version-migration.ts";

/** Every built-in kind that has something particular about it. */
export const kindDefinitions: readonly KindDefinition[] = [
  ...admissionPolicyBindingKinds,
  ...mutatingAdmissionPolicyKinds,
  validatingAdmissionPolicyKind,
  mutatingWebhookConfigurationKind,
  validatingWebhookConfigurationKind,
  customResourceDefinitionKind,
  apiServiceKind,
  controllerRevisionKind,
  daemonSetKind,
  deploymentKind,
  replicaSetKind,
  statefulSetKind,
  scaleKind,
  horizontalPodAutoscalerKind,
  horizontalPodAutoscalerV1Kind,
  cronJobKind,
  jobKind,
  certificateSigningRequestKind,
  ...clusterTrustBundleKinds,
  podCertificateRequestKind,
  ...leaseCandidateKinds,
  leaseKind,
  componentStatusKind,
  configMapKind,
  endpointsKind,
  eventKind,
  limitRangeKind,
  namespaceKind,
  nodeKind,
  persistentVolumeKind,
  persistentVolumeClaimKind,
  podKind,
  podTemplateKind,
  replicationControllerKind,
  resourceQuotaKind,
  secretKind,
  serviceKind,
  serviceAccountKind,
  endpointSliceKind,
  eventsEventKind,
  flowSchemaKind,
  priorityLevelConfigurationKind,
  ingressKind,
  ingressClassKind,
  networkPolicyKind,
  ...serviceAddressKinds,
  runtimeClassKind,
  podDisruptionBudgetKind,
  clusterRoleKind,
  roleKind,
  clusterRoleBindingKind,
  roleBindingKind,
  ...resourceKinds,
  ...deviceTaintRuleKinds,
  resourcePoolStatusRequestKind,
  podGroupKind,
  workloadKind,
  priorityClassKind,
  csiDriverKind,
  csiNodeKind,
  csiStorageCapacityKind,
  storageClassKind,
  volumeAttributesClassBetaKind,
  volumeAttributesClassKind,
  volumeAttachmentKind,
  storageVersionKind,
  storageVersionMigrationKind,
].map(withoutGatedFields);

const byName = new Map(kindDefinitions.map((each) => [`${each.group}/${each.version}/${each.kind}`, each]));

/** The definition of a built-in kind; undefined when nothing is particular about it. The group is empty for the core group. */
export function findKind(group: string, version: string, kind: string): KindDefinition | undefined {
  return byName.get(`${group}/${version}/${kind}`);
}
