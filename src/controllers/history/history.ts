import type { ControllerRevision } from "../../api/generated/apps/v1.ts";
import type { PodTemplateSpec } from "../../api/generated/core/v1.ts";
import { templateHash } from "../deployment/template-hash.ts";
import { type ClaimOwner, controllerReference } from "../pod-control/claim.ts";
import { semanticEqual } from "../semantic-equal.ts";

export const REVISION_HASH_LABEL = "controller-revision-hash";

/** The state that a revision keeps: a strategic merge patch that gives the owner that template again (kubectl rollout undo). */
function templatePatch(template: PodTemplateSpec | undefined): unknown {
  return { spec: { template: { ...template, $patch: "replace" } } };
}

/** With its keys in the order in which Go writes a map: kubectl compares revisions with templates byte by byte. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]));
}

/** True when the revision stands for that template. */
export function isRevisionOf(revision: ControllerRevision, template: PodTemplateSpec | undefined): boolean {
  return semanticEqual(revision.data, templatePatch(template));
}

export interface SnapshotOptions {
  readonly owner: ClaimOwner;
  readonly template: PodTemplateSpec;
  readonly collisionCount: number | undefined;
  readonly number: number;
  /** Under which the hash is noted; StatefulSets have their own. */
  readonly hashLabel?: string;
}

/** A revision that keeps the owner's template. Pure. */
export function snapshot({ owner, template, collisionCount, number, hashLabel }: SnapshotOptions): ControllerRevision {
  const hash = templateHash(template, collisionCount);
  const { name = "", namespace, annotations } = owner.metadata ?? {};
  return {
    metadata: {
      name: `${name.slice(0, 223)}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, [hashLabel ?? REVISION_HASH_LABEL]: hash },
      annotations: { ...annotations },
      ownerReferences: [controllerReference(owner)],
    },
    data: sorted(templatePatch(template)),
    revision: number,
  };
}

function byRevisionNumber(a: ControllerRevision, b: ControllerRevision): number {
  return a.revision - b.revision || ((a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1);
}

export interface HistoryPlan {
  /** The revision of the owner's present template, if there is one already. */
  readonly current: ControllerRevision | undefined;
  /** The number that the present template's revision is to have. */
  readonly number: number;
  /** The other revisions, oldest first. */
  readonly old: readonly ControllerRevision[];
}

/** Which of the revisions is the present one. An earlier template that comes back gets the highest number again. Pure. */
export function planHistory(
  revisions: readonly ControllerRevision[],
  template: PodTemplateSpec | undefined,
): HistoryPlan {
  const sorted = revisions.toSorted(byRevisionNumber);
  const current = sorted.findLast((revision) => isRevisionOf(revision, template));
  const old = sorted.filter((revision) => revision !== current);
  const highestOld = old.at(-1)?.revision ?? 0;
  const number = current !== undefined && current.revision > highestOld ? current.revision : highestOld + 1;
  return { current, number, old };
}

/** The old revisions beyond the limit that no living pod stands for, oldest first. Pure. */
export function revisionsToDelete(
  old: readonly ControllerRevision[],
  { limit, live }: { limit: number; live: ReadonlySet<string> },
): ControllerRevision[] {
  const surplus = old.length - limit;
  if (surplus <= 0) return [];
  return old.filter((revision) => !live.has(revision.metadata?.labels?.[REVISION_HASH_LABEL] ?? "")).slice(0, surplus);
}
