import type { PersistentVolume } from "../../api/generated/core/v1.ts";
import { referenceKey } from "./pod-references.ts";

/** Keys of the Secrets that a node needs to mount the volume. Those without a namespace are the claim's. */
export function volumeSecrets(volume: PersistentVolume): string[] {
  const { spec } = volume;
  const claimNamespace = spec?.claimRef?.namespace;
  const references: ({ name?: string; namespace?: string } | undefined)[] = [
    spec?.azureFile && { name: spec.azureFile.secretName, namespace: spec.azureFile.secretNamespace },
    spec?.cephfs?.secretRef,
    spec?.flexVolume?.secretRef,
    spec?.rbd?.secretRef,
    spec?.scaleIO?.secretRef,
    spec?.iscsi?.secretRef,
    spec?.storageos?.secretRef,
    spec?.csi?.nodePublishSecretRef,
    spec?.csi?.nodeStageSecretRef,
    spec?.csi?.nodeExpandSecretRef,
  ];
  return references.flatMap((reference) => {
    const namespace = reference?.namespace || claimNamespace;
    return reference?.name && namespace ? [referenceKey("secrets", namespace, reference.name)] : [];
  });
}
