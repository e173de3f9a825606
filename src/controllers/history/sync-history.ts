import type { ControllerRevision } from "../../api/generated/apps/v1.ts";
import type { PodTemplateSpec } from "../../api/generated/core/v1.ts";
import { controllerRevisions } from "../../api/generated/resources.ts";
import { type ApiObject, controllerOf } from "../../api/meta.ts";
import { type LabelSelectorLike, labelSelectorOf } from "../../api/selectors.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";
import { type ClaimOwner, claimObjects } from "../pod-control/claim.ts";
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

export interface HistoryOptions {
  readonly client: Client;
  readonly revisions: Informer<ControllerRevision>;
  readonly owner: ClaimOwner;
  readonly selector: LabelSelectorLike | undefined;
  readonly template: PodTemplateSpec;
  readonly collisionCount: number | undefined;
  readonly hashLabel?: string;
  liveOwner(): Promise<ApiObject>;
}

export interface History {
  readonly current: ControllerRevision;
  /** Oldest first. */
  readonly old: readonly ControllerRevision[];
}

/** The name of a new revision is taken by another template: the owner's collisionCount must grow. */
export class RevisionCollision extends Error {
  override name = "RevisionCollision";
}

/** Makes sure that the owner's template has a revision, with the highest number. @throws RevisionCollision */
export async function syncHistory(options: HistoryOptions): Promise<History> {
  const { client, owner, template, hashLabel, collisionCount } = options;
  const selects = labelSelectorOf(options.selector);
  const { uid = "", namespace = "" } = owner.metadata ?? {};
  const claimed = await claimObjects({
    client,
    owner,
    resource: controllerRevisions,
    candidates: [...options.revisions.by("controller", uid), ...options.revisions.by("orphans", namespace)],
    matches: (revision) => selects(revision.metadata?.labels),
    liveOwner: options.liveOwner,
  });
  const plan = planHistory(claimed, template);
  if (plan.current === undefined) {
    const wanted = snapshot({ owner, template, collisionCount, hashLabel, number: plan.number });
    return { current: await create(options, wanted), old: plan.old };
  }
  if (plan.current.revision === plan.number) return { current: plan.current, old: plan.old };
  const current = await client.update(controllerRevisions, { ...plan.current, revision: plan.number });
  return { current, old: plan.old };
}

async function create(options: HistoryOptions, wanted: ControllerRevision): Promise<ControllerRevision> {
  const { client, owner, template } = options;
  try {
    return await client.create(controllerRevisions, wanted);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const { namespace, name = "" } = wanted.metadata ?? {};
  const existing = await client.get(controllerRevisions, { namespace, name });
  const own = controllerOf(existing)?.uid === owner.metadata?.uid;
  if (own && isRevisionOf(existing, template)) return existing;
  throw new RevisionCollision(`controllerrevision ${namespace}/${name} exists and is of another template`);
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
