import type { Service } from "../../api/generated/core/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { EndpointPod } from "./pod-facts.ts";

/** Says when it was that what endpoints follow changed: what programs the network measures itself by it. */
const LAST_CHANGE = "endpoints.kubernetes.io/last-change-trigger-time";

/** What one Service's endpoints were made from, the last time that they were. */
interface Seen {
  readonly service: string;
  readonly pods: ReadonlyMap<string, string>;
}

/** Remembers, of each Service, when its pods last became ready or unready, to tell which of that is new. */
export class TriggerTimes {
  readonly #seen = new Map<string, Seen>();

  /**
   * The earliest change that was not seen when it was last asked, of a Service that is new its creation; undefined when
   * nothing is new. To be asked at every look, whether or not something is to be written.
   */
  next(key: string, service: Service, pods: readonly EndpointPod[]): string | undefined {
    const before = this.#seen.get(key);
    const created = service.metadata?.creationTimestamp ?? "";
    const times = new Map<string, string>();
    let earliest: string | undefined;
    const offer = (time: string, last: string): void => {
      if (time > last && (earliest === undefined || time < earliest)) earliest = time;
    };
    for (const { name, readySince } of pods) {
      if (readySince === "") continue;
      times.set(name, readySince);
      offer(readySince, before?.pods.get(name) ?? "");
    }
    offer(created, before?.service ?? "");
    this.#seen.set(key, { service: created, pods: times });
    return before === undefined ? created : earliest;
  }

  /** Drops what is known of a Service that is gone. */
  forget(key: string): void {
    this.#seen.delete(key);
  }
}

/** The object with the time as its annotation, or without one: an older one would tell of another change. */
export function withLastChange<T extends ApiObject>(object: T, time: string | undefined): T {
  const { annotations, ...metadata } = object.metadata ?? {};
  const { [LAST_CHANGE]: _, ...others } = annotations ?? {};
  const wanted = time ? { ...others, [LAST_CHANGE]: time } : others;
  return { ...object, metadata: Object.keys(wanted).length === 0 ? metadata : { ...metadata, annotations: wanted } };
}
