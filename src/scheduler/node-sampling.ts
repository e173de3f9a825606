/**
 * After how many feasible nodes the search may stop: all of a small cluster, and a share that shrinks from half to a
 * twentieth as the cluster grows, but never under a hundred.
 */
export function feasibleNodesToFind(nodeCount: number): number {
  if (nodeCount < LEAST_NODES) return nodeCount;
  const percentage = Math.max(LEAST_PERCENTAGE, 50 - Math.floor(nodeCount / 125));
  return Math.max(LEAST_NODES, Math.floor((nodeCount * percentage) / 100));
}

const LEAST_NODES = 100;
const LEAST_PERCENTAGE = 5;
