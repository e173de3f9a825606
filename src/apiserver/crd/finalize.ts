import { isConditionTrue, setCondition } from "../../api/conditions.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
} from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions } from "../../api/generated/resources.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { type Clock, formatTime, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Transport } from "../../client/transport.ts";
import type { Store } from "../../store/store.ts";
import type { StoreFeed } from "../cache/store-feed.ts";
import type { ObjectReader } from "../reader.ts";
import { API_SERVER } from "./api-server-identity.ts";
import { CLEANUP_FINALIZER } from "./definition-strategy.ts";
import { deleteInstances, InstanceDeletionError } from "./delete-instances.ts";
import { overlapsBuiltIn } from "./overlapping.ts";
import { ESTABLISHED } from "./plan-status.ts";
import type { ServedDefinitions } from "./served-definitions.ts";
import { writeStatus } from "./write-status.ts";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

type Terminating = Pick<CustomResourceDefinitionCondition, "status" | "reason" | "message">;

const NEVER_ESTABLISHED: Terminating = {
  status: "False",
  reason: "NeverEstablished",
  message: "resource was never established",
};

const OVERLAPPING: Terminating = {
  status: "False",
  reason: "OverlappingBuiltInResource",
  message: "instances overlap with built-in resources in storage",
};

const REMOVED: Terminating = {
  status: "False",
  reason: "InstanceDeletionCompleted",
  message: "removed all instances",
};

/** True while a deleted definition waits for its objects to go. */
export function awaitsCleanup(definition: CustomResourceDefinition): boolean {
  return isBeingDeleted(definition) && definition.metadata?.finalizers?.includes(CLEANUP_FINALIZER) === true;
}

export interface FinalizerOptions {
  readonly reader: ObjectReader;
  readonly definitions: ServedDefinitions;
  /** Writes as the API server itself. */
  readonly transport: Transport;
  readonly store: Store;
  readonly feed: StoreFeed;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Resolves when `definitions` has seen what is durable now. */
  fresh(): Promise<void>;
}

/** Lets go of definitions that are being deleted, each beside the others, because their objects may take long to go. */
export interface Finalizer {
  start(name: string): void;
  close(): Promise<void>;
}

export function finalizer(options: FinalizerOptions): Finalizer {
  const running = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  return {
    start(name) {
      if (running.has(name) || stopping.signal.aborted) return;
      const done = finalizeUntilGone(name, options, stopping.signal).finally(() => void running.delete(name));
      running.set(name, done);
    },
    async close() {
      stopping.abort();
      await Promise.all(running.values());
    },
  };
}

async function finalizeUntilGone(name: string, options: FinalizerOptions, signal: AbortSignal): Promise<void> {
  const { reader, clock, log } = options;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const definition = await reader.get(customResourceDefinitions, undefined, name);
      if (definition === undefined || !awaitsCleanup(definition)) return;
      await finalizeOnce(definition, options, signal);
      await options.fresh();
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) {
        await options.fresh().catch(() => {});
        continue;
      }
      log.warn("the objects of a deleted custom resource definition are still there", { name, error });
      await sleep(clock, Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++), signal);
    }
  }
}

/** Tells in the condition Terminating how it goes. */
async function finalizeOnce(
  definition: CustomResourceDefinition,
  options: FinalizerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { transport, clock } = options;
  const write = (on: CustomResourceDefinition, condition: Terminating, finalizers?: string[]) =>
    writeStatus(transport, withCondition(on, { condition, finalizers }, formatTime(clock.now())));
  const started = await write(definition, {
    status: "True",
    reason: "InstanceDeletionInProgress",
    message: "CustomResource deletion is in progress",
  });
  const resource = options.definitions.stored(definition.metadata?.name ?? "");
  if (resource !== undefined) {
    const { store, feed, random } = options;
    const context = { user: API_SERVER, dryRun: false, clock, random, fieldManager: "kube-apiserver", warn() {} };
    try {
      await deleteInstances({ resource, store, feed, context, signal });
    } catch (error) {
      if (error instanceof InstanceDeletionError) {
        await write(started, { status: "True", reason: error.reason, message: error.message });
      }
      throw error;
    }
  }
  const finalizers = (started.metadata?.finalizers ?? []).filter((each) => each !== CLEANUP_FINALIZER);
  await write(started, endOf(definition), finalizers);
}

function endOf(definition: CustomResourceDefinition): Terminating {
  if (overlapsBuiltIn(definition)) return OVERLAPPING;
  return isConditionTrue(definition.status?.conditions, ESTABLISHED) ? REMOVED : NEVER_ESTABLISHED;
}

function withCondition(
  definition: CustomResourceDefinition,
  change: { condition: Terminating; finalizers: string[] | undefined },
  time: string,
): CustomResourceDefinition {
  const { metadata, status } = definition;
  const conditions = setCondition(status?.conditions, { type: "Terminating", ...change.condition }, time);
  return {
    ...definition,
    metadata: { ...metadata, ...(change.finalizers !== undefined && { finalizers: change.finalizers }) },
    status: { ...status, conditions: [...conditions] },
  };
}
