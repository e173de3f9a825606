import { certificateCleaner } from "./certificate-cleaner/reconcile.ts";
import { certificateApprover } from "./certificate-signing/approve.ts";
import { clusterRoleAggregationController } from "./clusterrole-aggregation/reconcile.ts";
import { cronJobController } from "./cronjob/reconcile.ts";
import { daemonSetController } from "./daemonset/reconcile.ts";
import { deploymentController } from "./deployment/reconcile.ts";
import { disruptionController } from "./disruption/reconcile.ts";
import { endpointsController } from "./endpoints/reconcile.ts";
import { endpointSliceController } from "./endpointslice/reconcile.ts";
import { endpointSliceMirroringController } from "./endpointslice-mirroring/reconcile.ts";
import { garbageCollector } from "./garbage-collector/reconcile.ts";
import { jobController } from "./job/reconcile.ts";
import { legacyTokenCleaner } from "./legacy-token-cleaner/reconcile.ts";
import { namespaceController } from "./namespace/reconcile.ts";
import { nodeIpamController } from "./node-ipam/reconcile.ts";
import { nodeLifecycleController } from "./node-lifecycle/reconcile.ts";
import { podCertificateCleaner } from "./pod-certificate-cleaner/reconcile.ts";
import { podGarbageCollector } from "./pod-gc/reconcile.ts";
import type { ControllerFactory } from "./reconciler.ts";
import { replicaSetController } from "./replicaset/replicaset.ts";
import { replicationController } from "./replication/replication.ts";
import { resourceQuotaController } from "./resourcequota/reconcile.ts";
import { serviceCidrController } from "./service-cidr/reconcile.ts";
import { serviceAccountController } from "./serviceaccount/reconcile.ts";
import { statefulSetController } from "./statefulset/reconcile.ts";
import {
  attributesClassProtectionController,
  claimProtectionController,
  volumeProtectionController,
} from "./storage-protection/reconcile.ts";
import { taintEvictionController } from "./taint-eviction/reconcile.ts";
import { ttlController } from "./ttl/reconcile.ts";
import { ttlAfterFinishedController } from "./ttl-after-finished/reconcile.ts";
import { validatingAdmissionPolicyStatusController } from "./validatingadmissionpolicy-status/reconcile.ts";

/** All controllers by their upstream names: the one place where a controller becomes part of the program. */
export const controllerTable: Readonly<Record<string, ControllerFactory>> = {
  "cronjob-controller": cronJobController,
  "certificatesigningrequest-approving-controller": certificateApprover,
  "certificatesigningrequest-cleaner-controller": certificateCleaner,
  "daemonset-controller": daemonSetController,
  "deployment-controller": deploymentController,
  "disruption-controller": disruptionController,
  "job-controller": jobController,
  "replicaset-controller": replicaSetController,
  "replicationcontroller-controller": replicationController,
  "statefulset-controller": statefulSetController,
  "clusterrole-aggregation-controller": clusterRoleAggregationController,
  "endpoints-controller": endpointsController,
  "endpointslice-controller": endpointSliceController,
  "endpointslice-mirroring-controller": endpointSliceMirroringController,
  "garbage-collector-controller": garbageCollector,
  "legacy-serviceaccount-token-cleaner-controller": legacyTokenCleaner,
  "namespace-controller": namespaceController,
  "node-ipam-controller": nodeIpamController(),
  "node-lifecycle-controller": nodeLifecycleController,
  "persistentvolume-protection-controller": volumeProtectionController,
  "persistentvolumeclaim-protection-controller": claimProtectionController,
  "pod-garbage-collector-controller": podGarbageCollector,
  "podcertificaterequest-cleaner-controller": podCertificateCleaner,
  "resourcequota-controller": resourceQuotaController,
  "service-cidr-controller": serviceCidrController,
  "serviceaccount-controller": serviceAccountController,
  "taint-eviction-controller": taintEvictionController,
  "ttl-controller": ttlController,
  "ttl-after-finished-controller": ttlAfterFinishedController,
  "validatingadmissionpolicy-status-controller": validatingAdmissionPolicyStatusController,
  "volumeattributesclass-protection-controller": attributesClassProtectionController,
};
