import type { Container, EphemeralContainer, Pod, Volume } from "../../api/generated/core/v1.ts";

/** What a node must read to run the pod, beside the pod itself, as keys `<kind>/<namespace>/<name>` (referenceKey). */
export function podReferences(pod: Pod): Set<string> {
  const { namespace = "", name: podName = "" } = pod.metadata ?? {};
  const found = new Set<string>();
  // A node makes its own mirror pods: what those refer to must not become readable that way.
  if (isMirror(pod)) return found;
  const add = (kind: ReferenceKind, name: string | undefined): void => {
    if (name !== undefined && name !== "") found.add(referenceKey(kind, namespace, name));
  };
  add("serviceaccounts", pod.spec?.serviceAccountName);
  for (const secret of pod.spec?.imagePullSecrets ?? []) add("secrets", secret.name);
  for (const container of allContainers(pod)) addEnvironment(container, add);
  for (const volume of pod.spec?.volumes ?? []) addVolume(volume, podName, add);
  for (const claim of pod.spec?.resourceClaims ?? []) add("resourceclaims", claim.resourceClaimName);
  for (const claim of pod.status?.resourceClaimStatuses ?? []) add("resourceclaims", claim.resourceClaimName);
  add("resourceclaims", pod.status?.extendedResourceClaimStatus?.resourceClaimName);
  return found;
}

/** Whether the pod only shows what a node runs by itself. */
export function isMirror(pod: Pod): boolean {
  return pod.metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined;
}

export type ReferenceKind = "serviceaccounts" | "secrets" | "configmaps" | "persistentvolumeclaims" | "resourceclaims";

export function referenceKey(kind: ReferenceKind, namespace: string, name: string): string {
  // In one piece, since very many are kept: a template would leave its parts.
  return [kind, namespace, name].join("/");
}

type Add = (kind: ReferenceKind, name: string | undefined) => void;

function allContainers(pod: Pod): (Container | EphemeralContainer)[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers];
}

function addEnvironment(container: Container | EphemeralContainer, add: Add): void {
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    add("configmaps", configMapRef?.name);
    add("secrets", secretRef?.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    add("configmaps", valueFrom?.configMapKeyRef?.name);
    add("secrets", valueFrom?.secretKeyRef?.name);
  }
}

function addVolume(volume: Volume, podName: string, add: Add): void {
  add("configmaps", volume.configMap?.name);
  add("persistentvolumeclaims", volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral !== undefined) add("persistentvolumeclaims", `${podName}-${volume.name}`);
  for (const source of volume.projected?.sources ?? []) {
    add("configmaps", source.configMap?.name);
    add("secrets", source.secret?.name);
  }
  add("secrets", volume.secret?.secretName);
  add("secrets", volume.azureFile?.secretName);
  const references = [
    volume.cephfs?.secretRef,
    volume.flexVolume?.secretRef,
    volume.rbd?.secretRef,
    volume.scaleIO?.secretRef,
    volume.iscsi?.secretRef,
    volume.storageos?.secretRef,
    volume.csi?.nodePublishSecretRef,
  ];
  for (const reference of references) add("secrets", reference?.name);
}
