import type { Node, Taint } from "../../api/generated/core/v1.ts";
import { parsedValue, parseResources, type Resources } from "./resources.ts";

/** Everything that scheduling needs to know of a node. */
export interface NodeFacts {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly unschedulable: boolean;
  readonly taints: readonly Taint[];
  readonly allocatable: Resources;
  /** How many pods the node takes. */
  readonly allowedPods: number;
  /** Size in bytes of each image on the node, by every name that it has. */
  readonly images: ReadonlyMap<string, number>;
  /** Region and zone as one text; equal texts mean the same zone. */
  readonly zone: string;
}

const NONE: readonly never[] = Object.freeze([]);
const NO_IMAGES: ReadonlyMap<string, number> = new Map();

/** The facts of a node. Pure. */
export function nodeFacts(node: Node): NodeFacts {
  const labels = node.metadata?.labels ?? {};
  const allocatable = node.status?.allocatable ?? node.status?.capacity;
  return {
    name: node.metadata?.name ?? "",
    uid: node.metadata?.uid ?? "",
    labels,
    unschedulable: node.spec?.unschedulable === true,
    taints: node.spec?.taints ?? NONE,
    allocatable: parseResources(allocatable),
    allowedPods: allocatable?.pods === undefined ? 0 : parsedValue(allocatable.pods),
    images: imageSizes(node),
    zone: zoneOf(labels),
  };
}

function imageSizes(node: Node): ReadonlyMap<string, number> {
  const images = node.status?.images;
  if (images === undefined || images.length === 0) return NO_IMAGES;
  const sizes = new Map<string, number>();
  for (const image of images) for (const name of image.names ?? NONE) sizes.set(name, image.sizeBytes ?? 0);
  return sizes;
}

function zoneOf(labels: Readonly<Record<string, string>>): string {
  const region = labels["topology.kubernetes.io/region"] ?? labels["failure-domain.beta.kubernetes.io/region"] ?? "";
  const zone = labels["topology.kubernetes.io/zone"] ?? labels["failure-domain.beta.kubernetes.io/zone"] ?? "";
  return region === "" && zone === "" ? "" : `${region}:\u0000:${zone}`;
}
