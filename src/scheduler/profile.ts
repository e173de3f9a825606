import { InvariantError } from "../base/assert.ts";
import type {
  BindPlugin,
  FilterPlugin,
  PermitPlugin,
  Plugin,
  PostBindPlugin,
  PostFilterPlugin,
  PreBindPlugin,
  PreEnqueuePlugin,
  PreFilterPlugin,
  PreScorePlugin,
  QueueingHintPlugin,
  QueueSortPlugin,
  ReservePlugin,
  ScorePlugin,
} from "./framework.ts";
import type { PluginEntry } from "./plugins/registry.ts";
import { Action, type EventInterest, onNode } from "./queue/cluster-event.ts";

/** Names the rejection of a pod that came when there was no node at all; the first node helps. */
export const NO_NODES = "NoNodes";

/** The plugins by extension point, each list in the table's order. */
export interface Profile {
  readonly preEnqueue: readonly PreEnqueuePlugin[];
  readonly queueSort: QueueSortPlugin;
  readonly preFilter: readonly PreFilterPlugin[];
  readonly filter: readonly FilterPlugin[];
  readonly postFilter: readonly PostFilterPlugin[];
  readonly preScore: readonly PreScorePlugin[];
  readonly score: readonly { plugin: ScorePlugin; weight: number }[];
  readonly reserve: readonly ReservePlugin[];
  readonly permit: readonly PermitPlugin[];
  readonly preBind: readonly PreBindPlugin[];
  readonly bind: readonly BindPlugin[];
  readonly postBind: readonly PostBindPlugin[];
  readonly interests: ReadonlyMap<string, readonly EventInterest[]>;
}

/** Sorts the table's plugins into the extension points that they have. */
export function createProfile(entries: readonly PluginEntry[]): Profile {
  const having = <P extends Plugin>(method: string): P[] =>
    entries.map((entry) => entry.plugin).filter((plugin): plugin is P => method in plugin);
  const [queueSort, ...others] = having<QueueSortPlugin>("less");
  if (queueSort === undefined || others.length > 0) throw new InvariantError("exactly one plugin sorts the queue");
  const interests = new Map<string, readonly EventInterest[]>([[NO_NODES, [onNode(Action.add)]]]);
  for (const plugin of having<QueueingHintPlugin>("retryOn")) interests.set(plugin.name, plugin.retryOn);
  return {
    queueSort,
    interests,
    preEnqueue: having("preEnqueue"),
    preFilter: having("preFilter"),
    filter: having("filter"),
    postFilter: having("postFilter"),
    preScore: having("preScore"),
    score: entries
      .filter((entry) => "score" in entry.plugin)
      .map((entry) => ({ plugin: entry.plugin as ScorePlugin, weight: entry.weight ?? 1 })),
    reserve: having("reserve"),
    permit: having("permit"),
    preBind: having("preBind"),
    bind: having("bind"),
    postBind: having("postBind"),
  };
}

/** The plugin that holds the pod back from the queue, by name. */
export function holderOf(profile: Profile, pod: Parameters<PreEnqueuePlugin["preEnqueue"]>[0]): string | undefined {
  return profile.preEnqueue.find((plugin) => plugin.preEnqueue(pod) !== undefined)?.name;
}
