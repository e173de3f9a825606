import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { RunCommand } from "../base/run-command.ts";
import type { InformerSet } from "../client/informer.ts";
import { openTable } from "./apply.ts";
import { ApplyLoop } from "./apply-loop.ts";
import { followFacts } from "./facts.ts";
import { createHealthChecks } from "./health-check.ts";
import { hostKernelSettings, type KernelSettings, prepareKernel } from "./host.ts";
import { ProxyState } from "./state.ts";

export interface ProxyOptions {
  /** Of the identity system:kube-proxy. Started by this call where the caller has not. */
  readonly informers: InformerSet;
  /** Of the node's identity, which may see its own pods (their host ports) and itself. Started by this call too. */
  readonly nodeInformers: InformerSet;
  readonly nodeName: string;
  /** Names the table: `wherry-<id>`. Letters, digits and hyphens. */
  readonly clusterId: string;
  /** Addresses of this node's pods. */
  readonly podCidr: string;
  /** Addresses of all pods of the cluster; the node's own when absent. */
  readonly clusterCidr?: string;
  /** Bridge of this node's pods (network/names.ts). It may appear later. */
  readonly podInterface: string;
  /** Pattern of all clusters' bridges on this machine, e.g. `wherry-*`. */
  readonly podInterfaces: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly run: RunCommand;
  readonly settings?: KernelSettings;
  /** Stops following; the rules stay, so that running pods keep their services. */
  readonly signal: AbortSignal;
}

export interface ProxyHandle {
  /** Resolves when every change known at the call is in the kernel; rejects with what stands in the way. */
  settled(): Promise<void>;
  /** Stops, and deletes the table. */
  cleanup(): Promise<void>;
}

/** Name of a cluster's table. */
function tableName(clusterId: string): string {
  return `wherry-${clusterId}`;
}

/** Deletes the rules of a cluster, also when its proxy does not run. Idempotent. */
export async function cleanupProxy(options: { clusterId: string; run: RunCommand }): Promise<void> {
  await openTable(tableName(options.clusterId), options.run).remove();
}

/** Makes Services real on this node. Resolves when the rules of all services known so far are in the kernel, or failed with a warning. */
export async function startProxy(options: ProxyOptions): Promise<ProxyHandle> {
  const settings = options.settings ?? hostKernelSettings;
  const report = await prepareKernel(settings);
  for (const problem of report.problems) options.log.warn("the kernel is not ready for service traffic", { problem });
  const { facts, watch, synced } = followFacts(options);
  const frame = {
    podCidr: options.podCidr,
    clusterCidr: options.clusterCidr ?? options.podCidr,
    podInterface: options.podInterface,
    podInterfaces: options.podInterfaces,
    bridgedTrafficIsSeen: report.bridgedTrafficIsSeen,
  };
  const table = openTable(tableName(options.clusterId), options.run);
  const state = new ProxyState(facts, frame);
  const loop = new ApplyLoop({ ...options, settings, table, state, healthChecks: createHealthChecks(options.log) });
  await synced;
  watch(loop);
  await loop.settled().catch(() => {});
  return {
    settled: () => loop.settled(),
    cleanup: () => loop.cleanup(),
  };
}
