import { isConditionTrue } from "../../api/conditions.ts";
import { customResourceDefinitions } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import { converterOf } from "./converter.ts";
import type { CustomResourcesOptions } from "./custom-resources-options.ts";
import { type DefinitionQueue, definitionQueue } from "./definition-queue.ts";
import { awaitsCleanup, finalizer } from "./finalize.ts";
import type { KeptDefinition } from "./kept-definition.ts";
import { planStatus } from "./plan-status.ts";
import { type ServedDefinitions, servedDefinitions } from "./served-definitions.ts";
import { knownViolations } from "./violations.ts";
import { writeStatus } from "./write-status.ts";

/** Serves the definitions that it is told of, and writes their status. */
export interface DefinitionController {
  /** Takes notice of a definition, or of its end. It is served, or not, when this returns. */
  changed(name: string, definition: KeptDefinition | undefined): void;
  close(): Promise<void>;
}

/** @param fresh resolves when the controller has been told of everything that is durable now */
export function definitionController(
  options: CustomResourcesOptions,
  fresh: () => Promise<void>,
): DefinitionController {
  const { reader, clock, log } = options;
  const definitions = servedDefinitions({ ...options, converterOf: (each) => converterOf(each, options) });
  const cleanups = finalizer({ ...options, definitions, fresh });
  const violations = knownViolations();
  const queue = definitionQueue(look, { clock, log });

  async function look(name: string): Promise<void> {
    const definition = await reader.get(customResourceDefinitions, undefined, name);
    // What is stored under a key and cannot be served is there, but is not known here.
    if (definition === undefined || definitions.get(name) === undefined) return violations.forget(name);
    if (awaitsCleanup(definition)) return cleanups.start(name);
    const time = formatTime(clock.now());
    const found = await violations.of(definition);
    const status = planStatus(definition, definitions.all(), { time, violations: found });
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

  return {
    changed(name, definition) {
      const group = (definition ?? definitions.get(name))?.spec.group;
      definitions.take(name, definition);
      queue.add(name);
      requeueWaiting(definitions, queue, group);
    },
    async close() {
      await queue.close();
      await cleanups.close();
    },
  };
}

/** A name may have become free for somebody of the same group who waits for it. */
function requeueWaiting(definitions: ServedDefinitions, queue: DefinitionQueue, group: string | undefined): void {
  const isWaiting = ({ spec, status }: KeptDefinition): boolean =>
    spec.group === group && !isConditionTrue(status?.conditions, "NamesAccepted");
  for (const definition of definitions.all()) if (isWaiting(definition)) queue.add(definition.metadata?.name ?? "");
}
