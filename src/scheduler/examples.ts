import type { Node, NodeSpec, NodeStatus, Pod, PodSpec, PodStatus } from "../api/generated/core/v1.ts";
import type { ObjectMeta } from "../api/meta.ts";
import { NodeInfo } from "./cache/node-info.ts";
import { nodeFacts } from "./facts/node-facts.ts";
import { type PodFacts, podFacts } from "./facts/pod-facts.ts";

/** Small pods and nodes for tests. */

/** A pod of one container in namespace `default`; its uid is its name. */
export function examplePod(
  name: string,
  of: { metadata?: ObjectMeta; spec?: Partial<PodSpec>; requests?: Record<string, string>; status?: PodStatus } = {},
): Pod {
  const container = { name: "main", image: "example", resources: { requests: of.requests ?? {} } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: name, ...of.metadata },
    spec: { containers: [container], schedulerName: "default-scheduler", ...of.spec },
    ...(of.status === undefined ? {} : { status: of.status }),
  };
}

/** Its facts. */
export function examplePodFacts(...of: Parameters<typeof examplePod>): PodFacts {
  return podFacts(examplePod(...of));
}

/** A node of 4 cores, 8 GiB and 110 pods. */
export function exampleNode(
  name: string,
  of: {
    labels?: Record<string, string>;
    spec?: NodeSpec;
    status?: NodeStatus;
    allocatable?: Record<string, string>;
  } = {},
): Node {
  const allocatable = { cpu: "4", memory: "8Gi", "ephemeral-storage": "100Gi", pods: "110", ...of.allocatable };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name, labels: { "kubernetes.io/hostname": name, ...of.labels } },
    spec: of.spec ?? {},
    status: { allocatable, ...of.status },
  };
}

/** A node as plugins see it, with pods on it. */
export function exampleNodeInfo(node: Node, pods: readonly PodFacts[] = []): NodeInfo {
  const info = new NodeInfo(nodeFacts(node));
  for (const pod of pods) info.addPod(pod);
  return info;
}
