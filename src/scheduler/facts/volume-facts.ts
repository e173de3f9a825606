import type { NodeSelectorTerm, PersistentVolume, PersistentVolumeClaim } from "../../api/generated/core/v1.ts";
import { persistentVolumeClaims, persistentVolumes, storageClasses } from "../../api/generated/resources.ts";
import type { StorageClass } from "../../api/generated/storage.k8s.io/v1.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";

export interface ClaimFacts {
  readonly phase: string;
  readonly beingDeleted: boolean;
  /** Empty until one is chosen. */
  readonly volumeName: string;
  readonly bound: boolean;
  readonly storageClass: string;
}

export interface VolumeFacts {
  /** Undefined when every node may use it. */
  readonly nodeTerms: readonly NodeSelectorTerm[] | undefined;
}

export interface StorageClassFacts {
  readonly waitsForPod: boolean;
  /** Volumes are made on demand. */
  readonly provisions: boolean;
  /** Any one of these must hold for a node; none means all nodes. */
  readonly topologies: readonly (readonly { key: string; values: readonly string[] }[])[];
}

/** What scheduling watches of storage. */
export interface VolumeInformers {
  readonly claims: Informer<ClaimFacts>;
  readonly volumes: Informer<VolumeFacts>;
  readonly classes: Informer<StorageClassFacts>;
}

export function volumeInformers(set: InformerSet): VolumeInformers {
  return {
    claims: set.projected({ resource: persistentVolumeClaims, project: claimFacts }),
    volumes: set.projected({ resource: persistentVolumes, project: volumeFacts }),
    classes: set.projected({ resource: storageClasses, project: storageClassFacts }),
  };
}

function claimFacts({ metadata, spec, status }: PersistentVolumeClaim): ClaimFacts {
  const volumeName = spec?.volumeName ?? "";
  const completed = metadata?.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined;
  return {
    phase: status?.phase ?? "Pending",
    beingDeleted: isBeingDeleted({ metadata: metadata ?? {} }),
    volumeName,
    bound: volumeName !== "" && (completed || status?.phase === "Bound"),
    storageClass: spec?.storageClassName ?? metadata?.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? "",
  };
}

function volumeFacts({ spec }: PersistentVolume): VolumeFacts {
  return { nodeTerms: spec?.nodeAffinity?.required?.nodeSelectorTerms };
}

function storageClassFacts(storageClass: StorageClass): StorageClassFacts {
  return {
    waitsForPod: storageClass.volumeBindingMode === "WaitForFirstConsumer",
    provisions: storageClass.provisioner !== "kubernetes.io/no-provisioner",
    topologies: (storageClass.allowedTopologies ?? []).map((term) => term.matchLabelExpressions ?? []),
  };
}
