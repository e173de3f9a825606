import type { DaemonSet, DaemonSetSpec } from "../../api/generated/apps/v1.ts";
import type { Pod, Taint } from "../../api/generated/core/v1.ts";
import { REVISION_HASH_LABEL } from "../history/history.ts";
import { buildPod, NOW_MS, type PodFacts } from "../replicaset/replica-builders.ts";
import type { NodeFacts } from "./node-fit.ts";
import type { DaemonFacts } from "./plan.ts";

/** For tests: a daemon set `agent`. */
export function buildDaemonSet(more: Partial<DaemonSetSpec> = {}): DaemonSet {
  const labels = { app: "agent" };
  return {
    metadata: { name: "agent", namespace: "default", uid: "uid-agent", generation: 3 },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "agent", image: "agent:2" }] } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      ...more,
    },
  };
}

export function buildNode(name: string, labels: Record<string, string> = {}, taints?: Taint[]): NodeFacts {
  return { metadata: { name, labels }, spec: { taints } };
}

/** A pod of revision `new` on the node. */
export function buildDaemon(node: string, more: Partial<PodFacts> & { revision?: string } = {}): Pod {
  const labels = { app: "agent", [REVISION_HASH_LABEL]: more.revision ?? "new" };
  return buildPod({ name: `agent-${node}`, node, ...more, labels });
}

export function buildFacts(facts: Partial<DaemonFacts>): DaemonFacts {
  return { set: buildDaemonSet(), nodes: [], pods: [], hash: "new", nowMs: NOW_MS, inBackoff: () => false, ...facts };
}
