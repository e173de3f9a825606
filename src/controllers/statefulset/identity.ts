import type { StatefulSet } from "../../api/generated/apps/v1.ts";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from "../../api/generated/core/v1.ts";
import { REVISION_HASH_LABEL } from "../history/history.ts";
import { type ClaimOwner, controllerReference } from "../pod-control/claim.ts";

export const POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";
const POD_INDEX_LABEL = "apps.kubernetes.io/pod-index";

/** A pod's number in its set; undefined when its name is not one of the set's names. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const match = /^(.*)-([0-9]+)$/.exec(pod.metadata?.name ?? "");
  return match === null || match[1] !== set.metadata?.name ? undefined : Number(match[2]);
}

export function firstOrdinal(set: StatefulSet): number {
  return set.spec?.ordinals?.start ?? 0;
}

export function revisionOfPod(pod: Pod): string {
  return pod.metadata?.labels?.[REVISION_HASH_LABEL] ?? "";
}

export function podNameFor(set: StatefulSet, ordinal: number): string {
  return `${set.metadata?.name}-${ordinal}`;
}

/** Labels that tell who a pod is within its set. */
export function identityLabels(set: StatefulSet, ordinal: number): Record<string, string> {
  return { [POD_NAME_LABEL]: podNameFor(set, ordinal), [POD_INDEX_LABEL]: String(ordinal) };
}

export function hasIdentity(set: StatefulSet, pod: Pod, ordinal: number): boolean {
  const wanted = Object.entries(identityLabels(set, ordinal));
  return wanted.every(([label, value]) => pod.metadata?.labels?.[label] === value);
}

export interface Revision {
  /** Of the ControllerRevision, and the value of the pods' label. */
  readonly name: string;
  readonly template: PodTemplateSpec;
}

/** The pod of that ordinal as the revision has it. Pure. */
export function podFor(
  set: StatefulSet,
  ordinal: number,
  { revision, owner }: { revision: Revision; owner: ClaimOwner },
): Pod {
  const { template } = revision;
  const name = podNameFor(set, ordinal);
  const spec = structuredClone(template.spec ?? { containers: [] });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      generateName: `${set.metadata?.name}-`,
      namespace: set.metadata?.namespace,
      labels: { ...template.metadata?.labels, ...identityLabels(set, ordinal), [REVISION_HASH_LABEL]: revision.name },
      annotations: { ...template.metadata?.annotations },
      finalizers: template.metadata?.finalizers,
      ownerReferences: [controllerReference(owner)],
    },
    spec: {
      ...spec,
      hostname: name,
      subdomain: set.spec?.serviceName,
      volumes: volumesFor(set, ordinal, spec.volumes),
    },
  };
}

/** The template's volumes, with a claim in place of each that has a claim template of its name. */
function volumesFor(set: StatefulSet, ordinal: number, volumes: readonly Volume[] | undefined): Volume[] | undefined {
  const claims = (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata?.name ?? "",
    persistentVolumeClaim: { claimName: claimNameFor(set, template, ordinal) },
  }));
  const others = (volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name));
  return claims.length + others.length === 0 ? undefined : [...claims, ...others];
}

function claimNameFor(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata?.name}-${podNameFor(set, ordinal)}`;
}

/** The claims of the pod of that ordinal, as they are to be made. Pure. */
export function claimsFor(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      ...template.metadata,
      name: claimNameFor(set, template, ordinal),
      namespace: set.metadata?.namespace,
      labels: { ...template.metadata?.labels, ...set.spec?.selector.matchLabels },
    },
    status: undefined,
  }));
}
