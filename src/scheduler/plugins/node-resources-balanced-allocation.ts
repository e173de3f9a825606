import type { PreScorePlugin, ScorePlugin } from "../framework.ts";
import { MAX_NODE_SCORE } from "./normalize.ts";

/** Prefers nodes where cpu and memory would be used in like proportion. Pods that request neither are left out. */
export const nodeResourcesBalancedAllocation: PreScorePlugin<undefined> & ScorePlugin<undefined> = {
  name: "NodeResourcesBalancedAllocation",
  isLocal: true,
  preScore(pod) {
    return pod.needs.requests.milliCpu === 0 && pod.needs.requests.memory === 0 ? { skip: true } : { state: undefined };
  },
  score(pod, node) {
    const { allocatable } = node.facts;
    if (allocatable.milliCpu === 0 || allocatable.memory === 0) return MAX_NODE_SCORE;
    const cpu = fraction(node.requested.milliCpu + pod.needs.requests.milliCpu, allocatable.milliCpu);
    const memory = fraction(node.requested.memory + pod.needs.requests.memory, allocatable.memory);
    const deviation = Math.abs(cpu - memory) / 2;
    return Math.floor((1 - deviation) * MAX_NODE_SCORE);
  },
};

function fraction(requested: number, allocatable: number): number {
  return Math.min(1, requested / allocatable);
}
