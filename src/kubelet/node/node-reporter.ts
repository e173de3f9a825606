import type { Node, NodeStatus } from "../../api/generated/core/v1.ts";
import { nodes } from "../../api/generated/resources.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Client } from "../../client/client.ts";
import type { RecordedEvent } from "../../client/events.ts";
import type { HostFacts } from "../host/host.ts";
import { Rounds, type RoundWork } from "../rounds.ts";
import { equalAsJson } from "../status/plain-json.ts";
import { nodeStatusEvents } from "./node-events.ts";
import { newNode } from "./node-status.ts";
import { nodeStatusPatch, saysSomethingNew } from "./status-patch.ts";

const UPDATE_MS = 10_000;
/** As upstream: up to so much later, so that nodes which started together do not stay together. */
const UPDATE_JITTER = 0.04;
const REPORT_ANYWAY_MS = 300_000;
/** How often to look until the node is ready for the first time. */
const FIRST_LOOK_MS = 50;
const SLOWEST_FIRST_LOOK_MS = 1000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 7000;

export interface NodeReporterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly nodeName: string;
  readonly facts: HostFacts;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints?: NonNullable<Node["spec"]>["taints"];
  readonly podCidr?: string | undefined;
  readonly signal: AbortSignal;
  /** Of the node as it is known here; undefined while it is not. */
  revision(): string | undefined;
  /** What the node is now: `before` itself when that says it, unless a status with the times of now is due. */
  status(before: NodeStatus, isDue: boolean): Promise<NodeStatus>;
  /** The node is ready, and the API knows it. */
  onReady(): void;
  /** Events of the node. */
  tell(events: readonly RecordedEvent[]): void;
}

/** Puts the node into the API, or takes over the one that is there. Tries until it succeeds or the signal aborts. */
export async function registerNode(options: NodeReporterOptions): Promise<Node> {
  const { client, clock, log, nodeName, signal } = options;
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)) {
    try {
      const wanted: Node = { ...newNode(nodeName, options), status: await options.status({}, true) };
      const registered = await createOrAdopt(client, wanted);
      options.tell(nodeStatusEvents(nodeName, {}, wanted.status ?? {}));
      return registered;
    } catch (error) {
      log.warn("cannot register the node", { node: nodeName, error: errorMessage(error), retryMs });
      await sleep(clock, retryMs, signal);
      signal.throwIfAborted();
    }
  }
}

async function createOrAdopt(client: Client, wanted: Node): Promise<Node> {
  const name = wanted.metadata?.name ?? "";
  try {
    return await client.create(nodes, wanted);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const found = await client.get(nodes, { name });
  const labels = wanted.metadata?.labels ?? {};
  const isSame = Object.entries(labels).every(([key, value]) => found.metadata?.labels?.[key] === value);
  if (isSame) return found;
  return client.patch(nodes, { name }, { type: "merge", body: { metadata: { labels } } });
}

/**
 * Reports the node's status every 10 seconds where it is not what the API has, and every 5 minutes anyway, until it is stopped.
 * Others write it, too: node lifecycle, of a node that it takes for lost.
 * @param registered what the API has
 */
export function startNodeReporter(registered: Node, options: NodeReporterOptions): Rounds {
  const rounds = new Rounds(options.clock, new NodeReporter(registered, options));
  rounds.hasten();
  return rounds;
}

/** A class, because thousands of kubelets of one process have one each. */
class NodeReporter implements RoundWork {
  readonly #options: NodeReporterOptions;
  /** What the API has, at that revision of the node. */
  #reported: NodeStatus = {};
  #revision: string | undefined;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #wasReady = false;
  #firstLookMs = FIRST_LOOK_MS;

  constructor(registered: Node, options: NodeReporterOptions) {
    this.#note(registered);
    this.#options = options;
  }

  async round(): Promise<number | undefined> {
    const { random, log, nodeName, signal } = this.#options;
    if (signal.aborted) return undefined;
    try {
      await this.#report();
    } catch (error) {
      log.warn("cannot report the node's status", { node: nodeName, error: errorMessage(error) });
      if (isNotFound(error)) {
        const registered = await registerNode(this.#options).catch(() => undefined);
        if (registered !== undefined) this.#note(registered);
      }
    }
    if (this.#wasReady) return UPDATE_MS * (1 + UPDATE_JITTER * random.fraction());
    const lookMs = this.#firstLookMs;
    this.#firstLookMs = Math.min(SLOWEST_FIRST_LOOK_MS, lookMs * 2);
    return lookMs;
  }

  async #report(): Promise<void> {
    const options = this.#options;
    const { client, clock, nodeName } = options;
    const revision = options.revision();
    if (revision !== undefined && revision !== this.#revision) this.#note(await client.get(nodes, { name: nodeName }));
    const before = this.#reported;
    const due = clock.monotonic() - this.#reportedMs >= REPORT_ANYWAY_MS;
    const status = await options.status(before, due);
    if (due || (status !== before && saysSomethingNew(before, status))) {
      const patch = nodeStatusPatch(before, status);
      if (patch !== undefined) {
        const body = { status: patch };
        const patched = await client.patch(
          nodes,
          { name: nodeName },
          { type: "strategic", body, subresource: "status" },
        );
        this.#revision = patched.metadata?.resourceVersion;
      }
      options.tell(nodeStatusEvents(nodeName, before, status));
      this.#reported = status;
      this.#reportedMs = clock.monotonic();
    }
    if (this.#wasReady || !isReady(status)) return;
    this.#wasReady = true;
    options.onReady();
  }

  #note({ metadata, status = {} }: Node): void {
    this.#revision = metadata?.resourceVersion;
    // The same one as long as it says the same: what has been worked out from it still holds.
    if (!equalAsJson(this.#reported, status)) this.#reported = status;
  }
}

function isReady(status: NodeStatus): boolean {
  return status.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}
