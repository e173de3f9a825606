import type { ScorePlugin } from "../framework.ts";
import { MAX_NODE_SCORE } from "./normalize.ts";

const MEGABYTE = 1024 * 1024;
/** Below the least, images make no difference; above the most (for each container), more makes none. */
const LEAST_BYTES = 23 * MEGABYTE;
const MOST_BYTES_A_CONTAINER = 1000 * MEGABYTE;

/** Prefers nodes that have the pod's images, weighed by their size and by how widespread they are already. */
export const imageLocality: ScorePlugin = {
  name: "ImageLocality",
  score(pod, node, _state, cluster) {
    const total = cluster.nodes.length;
    let bytes = 0;
    for (const image of pod.images) {
      const name = normalizedImageName(image);
      const size = node.facts.images.get(name);
      if (size !== undefined) bytes += Math.floor(size * (cluster.nodesWithImage(name) / total));
    }
    const most = MOST_BYTES_A_CONTAINER * pod.containerCount;
    const within = Math.min(Math.max(bytes, LEAST_BYTES), most);
    if (most <= LEAST_BYTES) return 0;
    return Math.floor((MAX_NODE_SCORE * (within - LEAST_BYTES)) / (most - LEAST_BYTES));
  },
};

/** The name with `:latest` when it has neither tag nor digest. */
function normalizedImageName(name: string): string {
  return name.lastIndexOf(":") <= name.lastIndexOf("/") ? `${name}:latest` : name;
}
