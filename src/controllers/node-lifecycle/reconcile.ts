import { leases, nodes } from "../../api/generated/resources.ts";
import { timestamp } from "../../base/clock.ts";
import type { Change } from "../../client/informer.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult } from "../reconciler.ts";
import { NodeHealth } from "./health.ts";
import { type LifecycleNode, lifecycleNode, sameLifecycle } from "./node-facts.ts";
import { currentNoExecute, labelsToCopy, planTaints, readinessTaint, unknownConditions } from "./plan.ts";
import { markPodsNotReady } from "./unready-pods.ts";
import { Zones } from "./zones.ts";

const EXCLUDE_LABEL = "node.kubernetes.io/exclude-disruption";

/** Watches over nodes: marks those that are silent, and taints those that are not well. */
export function nodeLifecycleController(dependencies: ControllerDependencies): Controller {
  const { client, informers, events, clock, log } = dependencies;
  const nodeInformer = informers.projected({ resource: nodes, project: lifecycleNode });
  const leaseInformer = informers.projected({
    resource: leases,
    namespace: "kube-node-lease",
    project: (lease) => ({ node: lease.metadata?.name ?? "", renewTime: lease.spec?.renewTime ?? "" }),
  });
  const podsOf = podInformer(informers);
  const health = new NodeHealth();
  const zones = new Zones();
  const lastReady = new Map<string, boolean>();
  let wasAllDisrupted = false;

  function nodeChanged({ before, after }: Change<LifecycleNode>): string[] {
    if (after === undefined) {
      if (before === undefined) return [];
      health.forget(before.name);
      zones.note(before.name, undefined);
      lastReady.delete(before.name);
      tell(before, "RemovingNode", `Node ${before.name} event: Removing Node ${before.name} from Controller`);
      return afterDisruptionChange();
    }
    health.noteStatus(after, clock.monotonic());
    zones.note(after.name, EXCLUDE_LABEL in after.labels ? undefined : { zone: after.zone, ready: isReady(after) });
    if (before === undefined) {
      const lease = leaseInformer.get(`kube-node-lease/${after.name}`);
      if (lease !== undefined) health.noteLease(after.name, lease.renewTime, clock.monotonic());
      tell(after, "RegisteredNode", `Node ${after.name} event: Registered Node ${after.name} in Controller`);
    }
    const changed = before === undefined || !sameLifecycle(before, after);
    return [...(changed ? [after.name] : []), ...afterDisruptionChange()];
  }

  /** When no node is ready any more, or the first one is again, all of them are looked at. */
  function afterDisruptionChange(): string[] {
    if (zones.allDisrupted === wasAllDisrupted) return [];
    wasAllDisrupted = zones.allDisrupted;
    if (wasAllDisrupted) log.debug("no node is ready: pods are not driven out");
    else health.heardAll(clock.monotonic());
    return nodeInformer.list().map(({ name }) => name);
  }

  async function reconcile(name: string): Promise<ReconcileResult> {
    const node = nodeInformer.get(name);
    if (node === undefined) return undefined;
    const left = health.graceLeftMs(name, clock.monotonic());
    if (left <= 0 && node.ready !== "Unknown") {
      await markUnknown(name);
      // The change of the conditions brings the node back here.
      return { requeueAfterMs: RECHECK_MS };
    }
    const wait = await updateTaints(node);
    await copyLabels(node);
    await followReadiness(node);
    return { requeueAfterMs: Math.max(1, Math.min(left > 0 ? left : RECHECK_MS, wait)) };
  }

  async function markUnknown(name: string): Promise<void> {
    const live = await client.get(nodes, { name });
    const conditions = unknownConditions(live, timestamp(clock));
    if (conditions === live.status?.conditions) return;
    const status = { ...live.status, conditions: [...conditions] };
    await client.update(nodes, { ...live, status }, { subresource: "status" });
  }

  /** Answers after how many milliseconds to try again to drive pods out; Infinity when there is nothing to try. */
  async function updateTaints(node: LifecycleNode): Promise<number> {
    const current = currentNoExecute(node);
    let drivesOut = zones.allDisrupted ? undefined : readinessTaint(node.ready);
    let wait = Number.POSITIVE_INFINITY;
    if (drivesOut !== undefined && current === undefined) {
      const delay = zones.take(node.zone, clock.monotonic());
      if (delay > 0) {
        wait = delay;
        drivesOut = undefined;
      }
    }
    const taints = planTaints(node, drivesOut, timestamp(clock));
    if (taints === node.taints) return wait;
    const body = { metadata: { resourceVersion: node.resourceVersion }, spec: { taints } };
    await client.patch(nodes, { name: node.name }, { type: "merge", body });
    return wait;
  }

  async function copyLabels(node: LifecycleNode): Promise<void> {
    const labels = labelsToCopy(node.labels);
    if (Object.keys(labels).length === 0) return;
    await client.patch(nodes, { name: node.name }, { type: "strategic", body: { metadata: { labels } } });
  }

  /** When a node stops being ready its pods stop being so too, once. */
  async function followReadiness(node: LifecycleNode): Promise<void> {
    const was = lastReady.get(node.name);
    const ready = isReady(node);
    if (was === true && !ready) {
      await markPodsNotReady(podsOf.by("node", node.name), { client, events, clock });
      tell(node, "NodeNotReady", `Node ${node.name} status is now: NodeNotReady`);
    }
    lastReady.set(node.name, ready);
  }

  function tell(node: LifecycleNode, reason: string, message: string): void {
    const about = { apiVersion: "v1", kind: "Node", metadata: { name: node.name, uid: node.uid } };
    events.event(about, { type: "Normal", reason, message });
  }

  return {
    name: "node-lifecycle-controller",
    workers: 8,
    sources: [
      from(nodeInformer, nodeChanged),
      from(leaseInformer, ({ after }) => {
        if (after !== undefined) health.noteLease(after.node, after.renewTime, clock.monotonic());
        return [];
      }),
    ],
    reconcile,
  };
}

const RECHECK_MS = 5_000;

function isReady(node: LifecycleNode): boolean {
  return node.ready === "True";
}
