import type { PreScorePlugin, ScorePlugin } from "../framework.ts";
import { MAX_NODE_SCORE } from "./normalize.ts";

const MEGABYTE = 1024 * 1024;
/** Below the least, images make no difference; above the most (for each container), more makes none. */
const LEAST_BYTES = 23 * MEGABYTE;
const MOST_BYTES_A_CONTAINER = 1000 * MEGABYTE;

/** Prefers nodes that have the pod's images, weighed by their size and by how widespread they are already. */
export const imageLocality: PreScorePlugin<readonly KnownImage[]> & ScorePlugin<readonly KnownImage[]> = {
  name: "ImageLocality",
  preScore(pod, _nodes, cluster) {
    const images = pod.needs.images.map((image) => {
      const name = normalizedImageName(image);
      return { name, spread: cluster.nodesWithImage(name) / cluster.nodes.length };
    });
    const known = images.filter(({ spread }) => spread > 0);
    return known.length === 0 ? { skip: true } : { state: known };
  },
  score(pod, node, images) {
    let bytes = 0;
    for (const { name, spread } of images) {
      const size = node.facts.images.get(name);
      if (size !== undefined) bytes += Math.floor(size * spread);
    }
    const most = MOST_BYTES_A_CONTAINER * pod.needs.containerCount;
    const within = Math.min(Math.max(bytes, LEAST_BYTES), most);
    if (most <= LEAST_BYTES) return 0;
    return Math.floor((MAX_NODE_SCORE * (within - LEAST_BYTES)) / (most - LEAST_BYTES));
  },
};

/** An image of the pod that some node has, and on which part of the nodes it is. */
interface KnownImage {
  readonly name: string;
  readonly spread: number;
}

/** The name with `:latest` when it has neither tag nor digest. */
function normalizedImageName(name: string): string {
  return name.lastIndexOf(":") <= name.lastIndexOf("/") ? `${name}:latest` : name;
}
