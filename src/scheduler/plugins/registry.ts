import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { InformerSet } from "../../client/informer.ts";
import type { VolumeInformers } from "../facts/volume-facts.ts";
import type { Plugin } from "../framework.ts";
import { disruptionBudgets } from "../preemption/budgets.ts";
import { defaultBinder } from "./default-binder.ts";
import { defaultPreemption } from "./default-preemption.ts";
import { defaultConstraints } from "./default-spread.ts";
import { imageLocality } from "./image-locality.ts";
import { interPodAffinity } from "./inter-pod-affinity.ts";
import { interPodAffinityScore } from "./inter-pod-affinity-score.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";
import { podTopologySpreadScore } from "./pod-topology-spread-score.ts";
import { prioritySort } from "./priority-sort.ts";
import { schedulingGates } from "./scheduling-gates.ts";
import { taintToleration } from "./taint-toleration.ts";
import { volumeBinding } from "./volume-binding.ts";

/** What plugins may reach. */
export interface PluginDependencies {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly informers: InformerSet;
  readonly volumes: VolumeInformers;
  /** Tries the pod again as soon as it may be. */
  activate(uid: string): void;
  /** Tries the pod again if a plugin held it back. */
  release(uid: string): void;
}

export interface PluginEntry {
  readonly plugin: Plugin;
  /** How much its score counts; 1 when absent. */
  readonly weight?: number;
}

/** The plugins of the default profile, in the order in which they are called: upstream's order and weights. */
export function defaultPlugins(dependencies: PluginDependencies): readonly PluginEntry[] {
  return [
    { plugin: schedulingGates },
    { plugin: prioritySort },
    { plugin: nodeUnschedulable },
    { plugin: nodeName },
    { plugin: taintToleration, weight: 3 },
    { plugin: nodeAffinity, weight: 2 },
    { plugin: nodePorts },
    { plugin: nodeResourcesFit },
    { plugin: volumeBinding(dependencies) },
    { plugin: podTopologySpread },
    { plugin: podTopologySpreadScore(defaultConstraints(dependencies.informers)), weight: 2 },
    { plugin: interPodAffinity },
    { plugin: interPodAffinityScore, weight: 2 },
    { plugin: defaultPreemption({ ...dependencies, budgets: disruptionBudgets(dependencies.informers) }) },
    { plugin: nodeResourcesBalancedAllocation },
    { plugin: imageLocality },
    { plugin: defaultBinder(dependencies.client) },
  ];
}
