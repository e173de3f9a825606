import type { ControllerRevision } from "../../api/generated/apps/v1.ts";
import type { PodTemplateSpec } from "../../api/generated/core/v1.ts";
import { controllerRevisions } from "../../api/generated/resources.ts";
import { type ApiObject, controllerOf } from "../../api/meta.ts";
import type { LabelSelectorLike } from "../../api/selectors.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";
import { type ClaimOwner, claimSelected } from "../pod-control/claim.ts";
import { isRevisionOf, planHistory, snapshot } from "./history.ts";

/** The ControllerRevisions, filed by controlling owner and, without one, by namespace. */
export function revisionInformer(informers: InformerSet): Informer<ControllerRevision> {
  return informers.informer(controllerRevisions, indexes);
}

const indexes = {
  controller: (revision: ControllerRevision) => [controllerOf(revision)?.uid ?? ""],
  orphans: (revision: ControllerRevision) =>
    controllerOf(revision) === undefined ? [revision.metadata?.namespace ?? ""] : [],
};

/** A DaemonSet or StatefulSet, as far as its history is concerned. */
interface RevisedSet {
  readonly spec?: { readonly selector?: LabelSelectorLike; readonly template: PodTemplateSpec };
  readonly status?: { readonly collisionCount?: number };
}

export interface HistoryOptions {
  readonly client: Client;
  readonly revisions: Informer<ControllerRevision>;
  readonly set: RevisedSet;
  /** The set as owner. */
  readonly owner: ClaimOwner;
  readonly hashLabel?: string;
  liveOwner(): Promise<ApiObject>;
  /** The name of a new revision is taken by another template's: the set's status must say the grown count. */
  collided(collisionCount: number): Promise<void>;
}

export interface History {
  readonly current: ControllerRevision;
  /** Oldest first. */
  readonly old: readonly ControllerRevision[];
}

/**
 * Makes sure that the set's template has a revision, with the highest number. Undefined after a collision of names, which the
 * next reconcile resolves by another hash.
 */
export async function syncHistory(options: HistoryOptions): Promise<History | undefined> {
  const { client, revisions, set, owner, hashLabel, liveOwner } = options;
  const claimed = await claimSelected({
    client,
    owner,
    resource: controllerRevisions,
    from: revisions,
    selector: set.spec?.selector,
    liveOwner,
  });
  const template = set.spec!.template;
  const plan = planHistory(claimed, template);
  if (plan.current === undefined) {
    const collisionCount = set.status?.collisionCount;
    const wanted = snapshot({ owner, template, collisionCount, hashLabel, number: plan.number });
    const current = await create(options, wanted);
    if (current !== undefined) return { current, old: plan.old };
    await options.collided((collisionCount ?? 0) + 1);
    return undefined;
  }
  if (plan.current.revision === plan.number) return { current: plan.current, old: plan.old };
  const current = await client.update(controllerRevisions, { ...plan.current, revision: plan.number });
  return { current, old: plan.old };
}

/** Undefined when another template's revision has that name. */
async function create(
  { client, owner, set }: HistoryOptions,
  wanted: ControllerRevision,
): Promise<ControllerRevision | undefined> {
  try {
    return await client.create(controllerRevisions, wanted);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const { namespace, name = "" } = wanted.metadata ?? {};
  const existing = await client.get(controllerRevisions, { namespace, name });
  const own = controllerOf(existing)?.uid === owner.metadata?.uid;
  return own && isRevisionOf(existing, set.spec?.template) ? existing : undefined;
}

export async function deleteRevisions(client: Client, revisions: readonly ControllerRevision[]): Promise<void> {
  for (const revision of revisions) {
    const { namespace, name = "", uid } = revision.metadata ?? {};
    try {
      await client.delete(controllerRevisions, { namespace, name }, { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
