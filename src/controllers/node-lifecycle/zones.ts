/** How a zone is. */
export type ZoneState = "Normal" | "PartialDisruption" | "FullDisruption";

/** Nodes whose pods are driven out a second: in a healthy zone, and in a large one where much is wrong. */
const EVICTIONS_PER_SECOND = 0.1;
const SECONDARY_EVICTIONS_PER_SECOND = 0.01;
/** Zones up to this size have no secondary rate: when much is wrong there, nothing is driven out. */
const LARGE_ZONE_NODES = 50;
const UNHEALTHY_SHARE = 0.55;

/** The state of a zone with so many nodes, ready and not. */
export function zoneState(ready: number, notReady: number): ZoneState {
  if (ready === 0 && notReady > 0) return "FullDisruption";
  if (notReady > 2 && notReady / (ready + notReady) >= UNHEALTHY_SHARE) return "PartialDisruption";
  return "Normal";
}

interface Zone {
  ready: number;
  notReady: number;
  /** When the next node may be tainted: monotonic milliseconds. */
  nextMs: number;
}

/**
 * How many nodes of each zone are ready, and how fast pods may be driven off those that are not. When no node anywhere is
 * ready the fault is more likely on this side, and nothing is driven out at all.
 */
export class Zones {
  readonly #zones = new Map<string, Zone>();
  readonly #nodes = new Map<string, { zone: string; ready: boolean }>();

  /** Notes how a node is; undefined when it is gone or does not count. */
  note(node: string, state: { zone: string; ready: boolean } | undefined): void {
    const before = this.#nodes.get(node);
    if (before !== undefined) this.#count(before, -1);
    if (state === undefined) this.#nodes.delete(node);
    else {
      this.#nodes.set(node, state);
      this.#count(state, 1);
    }
  }

  /** True when there are nodes and none of them is ready. */
  get allDisrupted(): boolean {
    if (this.#zones.size === 0) return false;
    return [...this.#zones.values()].every((zone) => zoneState(zone.ready, zone.notReady) === "FullDisruption");
  }

  stateOf(zone: string): ZoneState {
    const { ready, notReady } = this.#zones.get(zone) ?? { ready: 0, notReady: 0 };
    return zoneState(ready, notReady);
  }

  /**
   * Asks to drive pods off one more node of the zone. Answers 0 when that may be done now (and counts it), else after how
   * many milliseconds to ask again.
   */
  take(zoneName: string, nowMs: number): number {
    const zone = this.#zones.get(zoneName);
    if (zone === undefined) return 0;
    const perSecond = this.#rate(zone);
    if (perSecond === 0) return RECHECK_MS;
    if (nowMs < zone.nextMs) return Math.min(zone.nextMs - nowMs, RECHECK_MS);
    zone.nextMs = nowMs + 1000 / perSecond;
    return 0;
  }

  #rate(zone: Zone): number {
    if (this.allDisrupted) return 0;
    if (zoneState(zone.ready, zone.notReady) !== "PartialDisruption") return EVICTIONS_PER_SECOND;
    return zone.ready + zone.notReady > LARGE_ZONE_NODES ? SECONDARY_EVICTIONS_PER_SECOND : 0;
  }

  #count(state: { zone: string; ready: boolean }, change: number): void {
    let zone = this.#zones.get(state.zone);
    if (zone === undefined) {
      zone = { ready: 0, notReady: 0, nextMs: 0 };
      this.#zones.set(state.zone, zone);
    }
    if (state.ready) zone.ready += change;
    else zone.notReady += change;
    if (zone.ready + zone.notReady === 0) this.#zones.delete(state.zone);
  }
}

/** A zone's state may change at any time: ask again at least so often. */
const RECHECK_MS = 5_000;
