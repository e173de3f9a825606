import type { NodeInfo } from "../cache/node-info.ts";
import type { PreScorePlugin, ScorePlugin } from "../framework.ts";
import { MAX_NODE_SCORE } from "./normalize.ts";

const MEGABYTE = 1024 * 1024;
/** Below the least, images make no difference; above the most (for each container), more makes none. */
const LEAST_BYTES = 23 * MEGABYTE;
const MOST_BYTES_A_CONTAINER = 1000 * MEGABYTE;

/** Prefers nodes that have the pod's images, weighed by their size and by how widespread they are already. */
export const imageLocality: PreScorePlugin<Spreads> & ScorePlugin<Spreads> = {
  name: "ImageLocality",
  preScore(pod, _nodes, cluster) {
    const spreads = pod.needs.images.map(
      (image) => cluster.nodesWithImage(normalizedImageName(image)) / cluster.nodes.length,
    );
    return spreads.every((spread) => spread === 0) ? { skip: true } : { state: spreads };
  },
  score(pod, node, spreads) {
    const sizes = imageSizes(node, pod.needs.images);
    let bytes = 0;
    if (typeof sizes === "number") bytes = Math.floor(sizes * spreads[0]!);
    else for (let index = 0; index < sizes.length; index++) bytes += Math.floor(sizes[index]! * spreads[index]!);
    const most = MOST_BYTES_A_CONTAINER * pod.needs.containerCount;
    const within = Math.min(Math.max(bytes, LEAST_BYTES), most);
    if (most <= LEAST_BYTES) return 0;
    return Math.floor((MAX_NODE_SCORE * (within - LEAST_BYTES)) / (most - LEAST_BYTES));
  },
};

/** Of each image of the pod, on which part of the nodes it is. */
type Spreads = readonly number[];

/** How large the images are on the node; 0 where it does not have them. Kept with the node. */
function imageSizes(node: NodeInfo, images: readonly string[]): number | readonly number[] {
  if (node.sizedFor === images) return node.sizes;
  const sizes = images.map((image) => node.facts.images.get(normalizedImageName(image)) ?? 0);
  node.sizedFor = images;
  node.sizes = sizes.length === 1 ? sizes[0]! : sizes;
  return node.sizes;
}

/** The name with `:latest` when it has neither tag nor digest. */
function normalizedImageName(name: string): string {
  return name.lastIndexOf(":") <= name.lastIndexOf("/") ? `${name}:latest` : name;
}
