import type { Deployment, DeploymentSpec, ReplicaSet } from "../../api/generated/apps/v1.ts";
import { DESIRED_REPLICAS, MAX_REPLICAS, REVISION } from "./annotations.ts";
import { maxSurge } from "./arithmetic.ts";
import { wantedReplicas } from "./replica-sets.ts";

export const NOW_MS = Date.UTC(2026, 0, 2);

/** For tests: a deployment `web` of the image `web:<version>`, with the API server's defaults. */
export function buildDeployment(version: string, replicas: number, more: Partial<DeploymentSpec> = {}): Deployment {
  const labels = { app: "web" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", uid: "uid-web", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image: `web:${version}` }] } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...more,
    },
  };
}

export interface SetFacts {
  readonly replicas: number;
  /** As many as replicas when absent. */
  readonly available?: number;
  readonly revision?: number | bigint;
  /** What the deployment wanted when it last wrote the set; as now when absent. */
  readonly noted?: number;
  readonly maximum?: number;
  readonly createdMs?: number;
}

/** For tests: a set of that deployment for the image `web:<version>`. */
export function buildSet(deployment: Deployment, version: string, facts: SetFacts): ReplicaSet {
  const labels = { app: "web", "pod-template-hash": version };
  const wanted = wantedReplicas(deployment);
  const available = facts.available ?? facts.replicas;
  return {
    metadata: {
      name: `web-${version}`,
      namespace: "default",
      uid: `uid-web-${version}`,
      generation: 1,
      labels,
      annotations: {
        [REVISION]: String(facts.revision ?? 1),
        [DESIRED_REPLICAS]: String(facts.noted ?? wanted),
        [MAX_REPLICAS]: String(facts.maximum ?? wanted + maxSurge(deployment)),
      },
      creationTimestamp: `${new Date(NOW_MS - 60_000 + (facts.createdMs ?? 0)).toISOString().slice(0, 19)}Z`,
    },
    spec: {
      replicas: facts.replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image: `web:${version}` }] } },
    },
    status: {
      replicas: facts.replicas,
      readyReplicas: available,
      availableReplicas: available,
      terminatingReplicas: 0,
      observedGeneration: 1,
    },
  };
}
