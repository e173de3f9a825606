import type { ReplicaSet } from "../../api/generated/apps/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";

/** For tests: a running pod on node `n1`, ready for an hour unless told otherwise. */
export interface PodFacts {
  readonly name: string;
  readonly node?: string;
  readonly phase?: string;
  readonly ready?: boolean;
  /** When it became ready, before `NOW_MS`. */
  readonly readyForMs?: number;
  readonly createdForMs?: number;
  readonly cost?: string;
  readonly restarts?: number;
  readonly labels?: Record<string, string>;
  readonly uid?: string;
  readonly deleting?: boolean;
}

export const NOW_MS = Date.UTC(2026, 0, 2);
const HOUR_MS = 3_600_000;
const ago = (ms: number): string => `${new Date(NOW_MS - ms).toISOString().slice(0, 19)}Z`;

export function buildPod(facts: PodFacts): Pod {
  const ready = facts.ready ?? true;
  return {
    metadata: {
      name: facts.name,
      namespace: "default",
      uid: facts.uid ?? `uid-${facts.name}`,
      labels: facts.labels ?? { app: "web" },
      creationTimestamp: ago(facts.createdForMs ?? HOUR_MS),
      ...(facts.cost === undefined
        ? {}
        : { annotations: { "controller.kubernetes.io/pod-deletion-cost": facts.cost } }),
      ...(facts.deleting ? { deletionTimestamp: ago(0) } : {}),
    },
    spec: { containers: [{ name: "web" }], nodeName: facts.node ?? "n1" },
    status: {
      phase: facts.phase ?? "Running",
      conditions: [
        { type: "Ready", status: ready ? "True" : "False", lastTransitionTime: ago(facts.readyForMs ?? HOUR_MS) },
      ],
      containerStatuses: [{ name: "web", image: "", imageID: "", ready, restartCount: facts.restarts ?? 0 }],
    },
  };
}

export function buildReplicaSet(replicas: number, more: Partial<ReplicaSet["spec"]> = {}): ReplicaSet {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default", uid: "uid-web", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
      ...more,
    },
  };
}
