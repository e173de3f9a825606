import type { Deployment, ReplicaSet } from "../../api/generated/apps/v1.ts";

export const REVISION = "deployment.kubernetes.io/revision";
export const REVISION_HISTORY = "deployment.kubernetes.io/revision-history";
export const DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
export const MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";

/** Annotations of a Deployment that say something about it alone. */
const NOT_COPIED = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  "deprecated.deployment.rollback.to",
]);

/** The history of revisions of one ReplicaSet is no longer than this. */
const HISTORY_CHARACTERS = 2000;

type Annotations = Record<string, string>;

/** The revision of a set, 0 when it has none that can be read. */
export function revisionOf(object: ReplicaSet | Deployment): bigint {
  return readRevision(object.metadata?.annotations?.[REVISION]) ?? 0n;
}

/** Revisions are 64 bits wide: clients may start far beyond what a number holds exactly. */
function readRevision(text = ""): bigint | undefined {
  if (!/^-?\d+$/.test(text)) return undefined;
  const revision = BigInt(text);
  return BigInt.asIntN(64, revision) === revision ? revision : undefined;
}

/** A number from an annotation that the deployment controller wrote; undefined when it is not there. */
export function replicasAnnotation(set: ReplicaSet, name: typeof DESIRED_REPLICAS | typeof MAX_REPLICAS) {
  const text = set.metadata?.annotations?.[name];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

export interface RevisionOptions {
  readonly deployment: Deployment;
  readonly revision: bigint;
}

/**
 * Annotations of the new ReplicaSet: the deployment's own, and the revision if it is higher than what the set had. A set
 * that comes back by a rollback keeps its earlier revisions as history. Pure.
 */
export function annotateNew(before: Annotations, { deployment, revision }: RevisionOptions): Annotations {
  const after: Annotations = { ...before };
  for (const [key, value] of Object.entries(deployment.metadata?.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) after[key] = value;
  }
  const old = before[REVISION];
  const known = old === undefined ? 0n : readRevision(old);
  if (known === undefined || known >= revision) return after;
  after[REVISION] = String(revision);
  if (old !== undefined) after[REVISION_HISTORY] = withHistory(before[REVISION_HISTORY], old);
  return after;
}

/** The comma-separated history with one more revision; the oldest go when it gets too long. */
function withHistory(history: string | undefined, revision: string): string {
  const revisions = history === undefined || history === "" ? [] : history.split(",");
  revisions.push(revision);
  while (revisions.length > 1 && revisions.join(",").length > HISTORY_CHARACTERS) revisions.shift();
  return revisions.join(",");
}

/** How many replicas the deployment wants, and may have with its surge: read back when it is scaled. */
export function annotateReplicas(before: Annotations | undefined, desired: number, maximum: number): Annotations {
  return { ...before, [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(maximum) };
}
