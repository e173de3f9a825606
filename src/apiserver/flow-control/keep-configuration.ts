import type { FlowSchema, PriorityLevelConfiguration } from "../../api/generated/flowcontrol.apiserver.k8s.io/v1.ts";
import { flowSchemas, priorityLevelConfigurations } from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { MERGE_PATCH } from "../../api/patch/apply-patch.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep, timestamp } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Transport } from "../../client/transport.ts";
import type { ObjectReader } from "../reader.ts";
import { danglingCondition } from "./dangling.ts";
import { type DefaultObjects, defaultFlowSchemas, defaultPriorityLevels } from "./defaults.ts";
import type { FlowControl } from "./flow-control.ts";
import { planDefaults } from "./plan-defaults.ts";

export interface KeepConfigurationOptions {
  readonly control: FlowControl;
  readonly reader: ObjectReader;
  /** Writes as a member of system:masters. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Called when the defaults are stored; until then they count as they are written here. */
  readonly written: () => void;
}

/** Changes that come together are taken together. */
const TOGETHER_MS = 50;
const RETRY_MS = 5000;
const FIELD_MANAGER = "api-priority-and-fairness-config-consumer-v1";

const all = <T>({ mandatory, suggested }: DefaultObjects<T>): T[] => [...mandatory, ...suggested];

/**
 * Follows flow schemas and priority levels, gives them to flow control, writes the defaults that are missing, and tells
 * schemas whether their level is there. Resolves when the signal has aborted.
 */
export async function keepFlowConfiguration(options: KeepConfigurationOptions): Promise<void> {
  const { control, reader, clock, log, signal } = options;
  control.configure(all(defaultPriorityLevels), all(defaultFlowSchemas));
  const changes = changeSignal(signal);
  const levels = new Map<string, PriorityLevelConfiguration>();
  const schemas = new Map<string, FlowSchema>();
  const stops = await Promise.all([
    follow(reader, priorityLevelConfigurations, levels, changes.notify),
    follow(reader, flowSchemas, schemas, changes.notify),
  ]);
  changes.notify();
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    await changes.next();
    if (!isFirst) await sleep(clock, TOGETHER_MS, signal);
    if (signal.aborted) break;
    try {
      await writeDefaults(options, { levels, schemas });
      options.written();
      control.configure(
        withMandatory(levels, defaultPriorityLevels.mandatory),
        withMandatory(schemas, defaultFlowSchemas.mandatory),
      );
      await writeConditions(options, { levels, schemas });
    } catch (error) {
      if (signal.aborted) break;
      log.warn("the configuration of flow control could not be written, will retry", { error: errorMessage(error) });
      await sleep(clock, RETRY_MS, signal);
      changes.notify();
    }
  }
  for (const stop of stops) stop();
}

interface Stored {
  readonly levels: ReadonlyMap<string, PriorityLevelConfiguration>;
  readonly schemas: ReadonlyMap<string, FlowSchema>;
}

/** One waiting reader, woken by any number of changes. */
function changeSignal(signal: AbortSignal): { notify(): void; next(): Promise<void> } {
  let isPending = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    isPending = true;
    wake?.();
  };
  signal.addEventListener("abort", notify, { once: true });
  return {
    notify,
    async next() {
      if (!isPending) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      wake = undefined;
      isPending = false;
    },
  };
}

function follow<T extends ApiObject>(
  reader: ObjectReader,
  resource: ResourceReference<T>,
  into: Map<string, T>,
  changed: () => void,
): Promise<() => void> {
  return reader.follow(resource, ({ before, after }) => {
    const name = (after ?? before)?.metadata?.name ?? "";
    if (after === undefined) into.delete(name);
    else into.set(name, after);
    changed();
  });
}

function withMandatory<T extends ApiObject>(stored: ReadonlyMap<string, T>, mandatory: readonly T[]): T[] {
  return [...stored.values(), ...mandatory.filter(({ metadata }) => !stored.has(metadata?.name ?? ""))];
}

async function writeDefaults(options: KeepConfigurationOptions, { levels, schemas }: Stored): Promise<void> {
  await writeKind(options, priorityLevelConfigurations, planDefaults(levels, defaultPriorityLevels));
  await writeKind(options, flowSchemas, planDefaults(schemas, defaultFlowSchemas));
}

async function writeKind<T extends ApiObject>(
  { transport, signal }: KeepConfigurationOptions,
  resource: ResourceReference<T>,
  plan: { readonly create: readonly T[]; readonly update: readonly T[] },
): Promise<void> {
  const path = pathOf(resource);
  const writes = [
    ...plan.create.map((body) => ({ method: "POST" as const, path, body })),
    ...plan.update.map((body) => ({ method: "PUT" as const, path: `${path}/${body.metadata?.name}`, body })),
  ];
  await Promise.all(writes.map((write) => passing(transport.request({ ...write, signal }))));
}

async function writeConditions(options: KeepConfigurationOptions, { levels, schemas }: Stored): Promise<void> {
  const { transport, clock, signal } = options;
  const now = timestamp(clock);
  for (const schema of schemas.values()) {
    const isThere = levels.has(schema.spec?.priorityLevelConfiguration.name ?? "");
    const conditions = danglingCondition(schema, isThere, now);
    if (conditions === undefined) continue;
    const write = transport.request({
      method: "PATCH",
      path: `${pathOf(flowSchemas)}/${schema.metadata?.name}/status`,
      query: { fieldManager: FIELD_MANAGER },
      contentType: MERGE_PATCH,
      body: { metadata: { resourceVersion: schema.metadata?.resourceVersion }, status: { conditions } },
      signal,
    });
    await passing(write);
  }
}

/** Somebody else was first: his change comes by the watch, and is looked at then. */
async function passing(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error;
  }
}

function pathOf({ group, version, resource }: ResourceReference<ApiObject>): string {
  return `/apis/${group}/${version}/${resource}`;
}
