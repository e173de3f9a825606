import type { LifecycleNode } from "./node-facts.ts";

/** A node that is silent for so long is not known to be well: 50 s (40 before Kubernetes 1.32), or a minute for one that has never spoken. */
const GRACE_PERIOD_MS = 50_000;
const STARTUP_GRACE_PERIOD_MS = 60_000;

interface Health {
  heartbeat: string;
  renewed: string;
  spoken: boolean;
  /** When news of the node last came: monotonic milliseconds, so that clocks elsewhere do not matter. */
  heardMs: number;
}

/** When each node was last heard of: by its status, or by its lease. */
export class NodeHealth {
  readonly #nodes = new Map<string, Health>();

  /** Notes a node's status as it stands. */
  noteStatus(node: LifecycleNode, nowMs: number): void {
    const known = this.#nodes.get(node.name);
    if (known === undefined) {
      const spoken = node.ready !== undefined;
      this.#nodes.set(node.name, { heartbeat: node.heartbeat, renewed: "", spoken, heardMs: nowMs });
    } else {
      if (known.heartbeat !== node.heartbeat || (!known.spoken && node.ready !== undefined)) known.heardMs = nowMs;
      known.heartbeat = node.heartbeat;
      known.spoken = node.ready !== undefined;
    }
  }

  /** Notes a lease's renewal time; leases of nodes that are not known yet do not count. */
  noteLease(name: string, renewTime: string, nowMs: number): void {
    const known = this.#nodes.get(name);
    if (known === undefined || renewTime <= known.renewed) return;
    known.renewed = renewTime;
    known.heardMs = nowMs;
  }

  forget(name: string): void {
    this.#nodes.delete(name);
  }

  /** All nodes count as heard of now: after a time when it was this side that did not hear. */
  heardAll(nowMs: number): void {
    for (const health of this.#nodes.values()) health.heardMs = nowMs;
  }

  /** For how many milliseconds the node may still be silent; negative when it has been for too long. */
  graceLeftMs(name: string, nowMs: number): number {
    const known = this.#nodes.get(name);
    if (known === undefined) return GRACE_PERIOD_MS;
    return known.heardMs + (known.spoken ? GRACE_PERIOD_MS : STARTUP_GRACE_PERIOD_MS) - nowMs;
  }
}
