import type { Random } from "../../base/random.ts";
import type { Client } from "../../client/client.ts";
import type { InformerSet } from "../../client/informer.ts";
import type { Plugin } from "../framework.ts";
import { defaultBinder } from "./default-binder.ts";
import { imageLocality } from "./image-locality.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { prioritySort } from "./priority-sort.ts";
import { schedulingGates } from "./scheduling-gates.ts";
import { taintToleration } from "./taint-toleration.ts";

/** What plugins may reach. */
export interface PluginDependencies {
  readonly client: Client;
  readonly random: Random;
  readonly informers: InformerSet;
  /** Tries the pod again as soon as it may be. */
  activate(uid: string): void;
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
    { plugin: nodeResourcesBalancedAllocation },
    { plugin: imageLocality },
    { plugin: defaultBinder(dependencies.client) },
  ];
}
