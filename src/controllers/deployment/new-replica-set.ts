import type { Deployment, ReplicaSet } from "../../api/generated/apps/v1.ts";
import { deployments } from "../../api/generated/resources.ts";
import { apiVersionOf } from "../../api/meta.ts";
import { controllerReference } from "../pod-control/claim.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { annotateNew, annotateReplicas } from "./annotations.ts";
import { maxSurge, newSetReplicas } from "./arithmetic.ts";
import { hasProgressDeadline, newCondition, progressing, withCondition } from "./conditions.ts";
import { type Draft, replaceSet } from "./draft.ts";
import { highestRevision, wantedReplicas } from "./replica-sets.ts";
import { TEMPLATE_HASH_LABEL, templateHash } from "./template-hash.ts";

const LONGEST_NAME = 253;

/** Brings revision, annotations and minReadySeconds of the set that has the deployment's template up to date. */
export function syncNewSet(draft: Draft): void {
  const { deployment, newSet } = draft;
  if (newSet === undefined) return;
  const before = newSet.metadata?.annotations ?? {};
  const annotations = annotateNew(before, { deployment, revision: highestRevision(draft.old) + 1n });
  const minReadySeconds = deployment.spec?.minReadySeconds;
  if (!semanticEqual(before, annotations) || (newSet.spec?.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)) {
    replaceSet(draft, {
      ...newSet,
      metadata: { ...newSet.metadata, annotations },
      spec: { ...newSet.spec!, minReadySeconds },
    });
  }
  if (hasProgressDeadline(deployment) && progressing(deployment.status) === undefined) {
    noteProgress(draft, "FoundNewReplicaSet", `Found new replica set "${newSet.metadata?.name}"`);
  }
}

/** Adds a set for the deployment's template, of the size that it may have at first. */
export function createNewSet(draft: Draft): void {
  const { deployment } = draft;
  const set = newSetFor(deployment, highestRevision(draft.old) + 1n);
  const name = set.metadata?.name ?? "";
  const replicas = newSetReplicas(deployment, [...draft.old, set], set);
  draft.newSet = { ...set, spec: { ...set.spec!, replicas } };
  draft.creates = true;
  if (replicas > 0) {
    draft.events.push({ setName: name, message: `Scaled up replica set ${name} from 0 to ${replicas}` });
  }
  if (hasProgressDeadline(deployment)) {
    noteProgress(draft, "NewReplicaSetCreated", `Created new replica set "${name}"`);
  }
}

function newSetFor(deployment: Deployment, revision: bigint): ReplicaSet {
  const { name = "", namespace } = deployment.metadata ?? {};
  const { selector, template, minReadySeconds } = deployment.spec!;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  const desired = wantedReplicas(deployment);
  const owner = { apiVersion: apiVersionOf(deployments), kind: deployments.kind, metadata: deployment.metadata };
  return {
    metadata: {
      name: `${name.slice(0, LONGEST_NAME - 1 - hash.length)}-${hash}`,
      namespace,
      labels,
      annotations: annotateReplicas(annotateNew({}, { deployment, revision }), desired, desired + maxSurge(deployment)),
      ownerReferences: [controllerReference(owner)],
    },
    spec: {
      replicas: 0,
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

function noteProgress(draft: Draft, reason: string, message: string): void {
  const { deployment, nowMs } = draft;
  const condition = newCondition({ type: "Progressing", status: "True", reason, message }, nowMs);
  const conditions = withCondition(deployment.status?.conditions, condition);
  draft.deployment = { ...deployment, status: { ...deployment.status, conditions } };
}
