import type { FlowControlSettings } from "../../api/server-settings.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { Transport } from "../../client/transport.ts";
import type { Filter } from "../exchange.ts";
import { flowControlFilter } from "../filters/flow-control.ts";
import { inFlightFilter } from "../filters/in-flight.ts";
import type { PathHandler } from "../handlers/handler.ts";
import type { ObjectReader } from "../reader.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { RequestInfo } from "../request-info.ts";
import { flowControlDumps } from "./dumps.ts";
import { FlowControl } from "./flow-control.ts";
import { keepFlowConfiguration } from "./keep-configuration.ts";
import type { WorkSources } from "./work-estimate.ts";

/** Upstream's. Their sum is what fairness divides (docs/decisions/0024). */
export const flowControlDefaults: FlowControlSettings = {
  isFair: true,
  maxRequestsInFlight: 400,
  maxMutatingRequestsInFlight: 200,
};

/** Flow control of one API server. */
export interface RunningFlowControl {
  readonly filter: Filter;
  readonly paths: readonly PathHandler[];
  /**
   * Follows the configuration's objects from now on, and writes the defaults. The transport's user is a system:masters.
   * @param written called when the defaults are there
   */
  run(transport: Transport, written: () => void): void;
  close(): Promise<void>;
}

export function createFlowControl(
  settings: FlowControlSettings,
  from: { clock: Clock; metrics: Metrics; log: Logger; reader: ObjectReader; table: ResourceTable },
): RunningFlowControl {
  const { clock, metrics, log, reader } = from;
  const { maxRequestsInFlight: requests, maxMutatingRequestsInFlight: mutating } = settings;
  if (!settings.isFair) {
    const filter = inFlightFilter({ requests, mutating });
    return { filter, paths: [], run: () => {}, close: async () => {} };
  }
  const stopping = new AbortController();
  const control = new FlowControl({ clock, metrics, seats: requests + mutating });
  let kept: Promise<void> | undefined;
  return {
    filter: flowControlFilter(control, workSources(from.table), clock),
    paths: [flowControlDumps(control, clock)],
    run(transport, written) {
      const { signal } = stopping;
      kept ??= keepFlowConfiguration({ control, reader, transport, clock, log, signal, written });
    },
    async close() {
      stopping.abort();
      control.close();
      await kept;
    },
  };
}

function workSources(table: ResourceTable): WorkSources {
  const cacheOf = ({ group, version, resource }: RequestInfo) => table.find(group, version, resource)?.storage.cache;
  return {
    objects: (info) => cacheOf(info)?.size ?? 0,
    watchers: (info) => cacheOf(info)?.watcherCount ?? 0,
  };
}
