import { isConditionTrue } from "../../api/conditions.ts";
import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { type Clock, formatTime } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Transport } from "../../client/transport.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";
import type { ObjectReader } from "../reader.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { converterOf } from "./converter.ts";
import { type DefinitionQueue, definitionQueue } from "./definition-queue.ts";
import { awaitsCleanup, finalizer } from "./finalize.ts";
import { planStatus } from "./plan-status.ts";
import type { ServeOptions } from "./serve-definition.ts";
import { type ServedDefinitions, servedDefinitions } from "./served-definitions.ts";
import { knownViolations } from "./violations.ts";
import { writeStatus } from "./write-status.ts";

export interface CustomResourcesOptions extends ServeOptions {
  readonly reader: ObjectReader;
  readonly table: ResourceTable;
  readonly webhooks: WebhookClient;
  /** Writes as the API server itself. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface CustomResources {
  /** Resolves when every definition that is durable now has been taken notice of. */
  fresh(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Follows the definitions: serves each that is established, and writes their status. Every API server does so by itself; they
 * meet in the status, which is the same whoever writes it. Resolves when the definitions that are there are served.
 */
export async function startCustomResources(options: CustomResourcesOptions): Promise<CustomResources> {
  const { reader, table, clock, log } = options;
  const definitions = servedDefinitions({ ...options, converterOf: (each) => converterOf(each, options) });
  const fresh = async (): Promise<void> => {
    await table.find("apiextensions.k8s.io", "v1", "customresourcedefinitions")?.storage.cache.fresh();
  };
  const cleanups = finalizer({ ...options, definitions, fresh });
  const violations = knownViolations();
  const queue = definitionQueue(look, { clock, log });

  async function look(name: string): Promise<void> {
    const definition = definitions.get(name);
    if (definition === undefined) return violations.forget(name);
    if (awaitsCleanup(definition)) return cleanups.start(name);
    const time = formatTime(clock.now());
    const status = planStatus(definition, definitions.all(), { time, violations: violations.of(definition) });
    if (status === undefined) return;
    try {
      await writeStatus(options.transport, { ...definition, status });
      // The next names are decided on what was written, not on what was known before.
      await fresh();
    } catch (error) {
      // Changed meanwhile: the change itself brings it back.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }

  const unfollow = await reader.follow(customResourceDefinitions, ({ before, after }) => {
    const name = (after ?? before)?.metadata?.name ?? "";
    definitions.take(name, after);
    queue.add(name);
    requeueWaiting(definitions, queue, (after ?? before)?.spec.group);
  });
  return {
    fresh,
    async close() {
      unfollow();
      await queue.close();
      await cleanups.close();
    },
  };
}

/** A name may have become free for somebody of the same group who waits for it. */
function requeueWaiting(definitions: ServedDefinitions, queue: DefinitionQueue, group: string | undefined): void {
  const isWaiting = ({ spec, status }: CustomResourceDefinition): boolean =>
    spec.group === group && !isConditionTrue(status?.conditions, "NamesAccepted");
  for (const definition of definitions.all()) if (isWaiting(definition)) queue.add(definition.metadata?.name ?? "");
}
