import { matchesRequiredAffinity, matchesTerm, namedNodes } from "../../api/core/node-selector.ts";
import type {
  FilterPlugin,
  PreFilterPlugin,
  PreScorePlugin,
  QueueingHintPlugin,
  Rejection,
  ScorePlugin,
} from "../framework.ts";
import { Action, onNode } from "../queue/cluster-event.ts";
import { scaleToHighest } from "./normalize.ts";

const NO_MATCH: Rejection = { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };

/** nodeSelector and node affinity, required and preferred. */
export const nodeAffinity: PreFilterPlugin<undefined> &
  FilterPlugin<undefined> &
  PreScorePlugin<undefined> &
  ScorePlugin<undefined> &
  QueueingHintPlugin = {
  name: "NodeAffinity",
  isLocal: true,
  retryOn: [
    onNode(Action.add | Action.updateNodeLabel, (pod, node, before) => {
      return (
        matchesRequiredAffinity(pod.needs, node) &&
        !(before !== undefined && matchesRequiredAffinity(pod.needs, before))
      );
    }),
  ],
  preFilter(pod) {
    const required = pod.needs.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (required === undefined) return pod.needs.nodeSelector === undefined ? { skip: true } : { state: undefined };
    const names = namedNodes(required.nodeSelectorTerms ?? []);
    if (names === undefined) return { state: undefined };
    if (names.size === 0 && required.nodeSelectorTerms.length > 0) {
      return { rejection: { reasons: ["pod affinity terms conflict"], unresolvable: true } };
    }
    return { state: undefined, nodeNames: names };
  },
  filter(pod, node) {
    if (matchesRequiredAffinity(pod.needs, node.facts)) return undefined;
    return NO_MATCH;
  },
  preScore(pod) {
    const preferred = pod.needs.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    return preferred === undefined || preferred.length === 0 ? { skip: true } : { state: undefined };
  },
  score(pod, node) {
    let sum = 0;
    for (const { weight, preference } of pod.needs.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ??
      []) {
      if (weight === 0) continue;
      const empty = !preference.matchExpressions?.length && !preference.matchFields?.length;
      if (!empty && matchesTerm(preference, node.facts)) sum += weight;
    }
    return sum;
  },
  normalize: (scores) => scaleToHighest(scores, { reverse: false }),
};
