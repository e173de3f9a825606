import { isIPv4 } from "node:net";
import type { Node } from "../api/generated/core/v1.ts";
import { nodes } from "../api/generated/resources.ts";
import { errorMessage } from "../base/assert.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { RunCommand } from "../base/run-command.ts";
import type { InformerSet } from "../client/informer.ts";
import { overlayName } from "./names.ts";
import { openOverlayDevice } from "./overlay-device.ts";
import { type OverlayNode, type OverlayPlan, planOverlay } from "./overlay-plan.ts";

/** Nodes that come together are looked at together. */
const COALESCE_MS = 20;
/** How often to see whether somebody else (a network manager) took routes away. */
const VERIFY_MS = 30_000;
const RETRY_FIRST_MS = 1000;
const RETRY_LIMIT_MS = 30_000;

export interface OverlayOptions {
  /** Of an identity that may see all nodes. Started by this call where the caller has not. */
  readonly informers: InformerSet;
  readonly nodeName: string;
  readonly clusterId: string;
  /** Addresses of all pods of the cluster. */
  readonly clusterCidr: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly run: RunCommand;
  /** The device is there, and nothing goes through it yet. */
  onThere?(device: string): Promise<void>;
}

export interface Overlay {
  /** Resolves when the machine is as the nodes known at the call ask for, or failed with a warning. */
  settled(): Promise<void>;
  /** Stops following; what was made stays, for pods that run on (network/cleanup.ts removes it). */
  stop(): Promise<void>;
}

/**
 * Lets the pods of this machine reach those of the cluster's other machines, and follows the nodes as they come, go and move:
 * a VXLAN device with one route a machine. While there is no other machine nothing is made.
 */
export async function startOverlay(options: OverlayOptions): Promise<Overlay> {
  const { clock, log, run, clusterId } = options;
  const informer = options.informers.projected({ resource: nodes, project: overlayNode });
  const device = openOverlayDevice(overlayName(clusterId), run, options.onThere);
  let timer: Timer | undefined;
  let verifyTimer: Timer | undefined;
  let running: Promise<void> | undefined;
  let applied: OverlayPlan | undefined;
  let pending = false;
  let failures = 0;
  let stopped = false;

  function schedule(delayMs: number): void {
    pending = true;
    if (stopped || timer !== undefined || running !== undefined) return;
    timer = clock.setTimer(() => void flush(), delayMs);
  }

  function flush(): Promise<void> {
    timer?.cancel();
    timer = undefined;
    if (stopped) return Promise.resolve();
    running ??= pass().finally(() => {
      running = undefined;
      if (failures > 0) schedule(Math.min(RETRY_LIMIT_MS, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 8)));
      else if (pending) schedule(COALESCE_MS);
    });
    return running;
  }

  async function pass(): Promise<void> {
    pending = false;
    const plan = planOverlay(informer.list(), options);
    try {
      await device.apply(plan);
      if (applied?.peers.length !== plan?.peers.length)
        log.info("pods of other machines", { machines: plan?.peers.length ?? 0 });
      applied = plan;
      failures = 0;
      if (plan !== undefined && verifyTimer === undefined) scheduleVerify();
    } catch (error) {
      failures++;
      log.error("the overlay of the pods' network could not be made; trying again", { error: errorMessage(error) });
    }
  }

  function scheduleVerify(): void {
    verifyTimer = clock.setTimer(() => void verify(), VERIFY_MS);
  }

  async function verify(): Promise<void> {
    await running;
    verifyTimer = undefined;
    if (stopped || applied === undefined) return;
    if (!(await device.verify())) {
      log.warn("somebody removed routes to the pods of other machines; adding them again");
      schedule(0);
    }
    if (!stopped && verifyTimer === undefined) scheduleVerify();
  }

  await options.informers.start();
  const unsubscribe = informer.subscribe(({ before, after }) => {
    if (!isSame(before, after)) schedule(COALESCE_MS);
  });
  // An earlier start may have left what is no longer asked for.
  schedule(0);
  return {
    async settled() {
      await (running ?? flush());
    },
    async stop() {
      stopped = true;
      unsubscribe();
      timer?.cancel();
      verifyTimer?.cancel();
      await running;
    },
  };
}

function overlayNode(node: Node): OverlayNode {
  const internal = node.status?.addresses?.find(({ type, address }) => type === "InternalIP" && isIPv4(address));
  return { name: node.metadata?.name ?? "", address: internal?.address, podCidr: node.spec?.podCIDR };
}

function isSame(one: OverlayNode | undefined, other: OverlayNode | undefined): boolean {
  return one?.name === other?.name && one?.address === other?.address && one?.podCidr === other?.podCidr;
}
