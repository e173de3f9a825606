import type { PriorityLevelConfiguration } from "../../api/generated/flowcontrol.apiserver.k8s.io/v1.ts";
import type { Clock } from "../../base/clock.ts";
import { threadCpuMs } from "../../base/cpu-time.ts";
import { turnBudget } from "../../base/turn-budget.ts";
import { QueueSet, type QueueSetConfiguration } from "./queue-set.ts";
import { type DemandStatistics, SeatDemand, smoothedDemand } from "./seat-demand.ts";
import type { LevelLimits, LevelShares, SeatClaim } from "./seat-limits.ts";

/** Requests of one level that may begin in one turn of the event loop, when it is not long (docs/decisions/0024). */
const STARTS_A_TURN = 16;
const NO_QUEUES: QueueSetConfiguration = { queues: 0, handSize: 0, queueLengthLimit: 0 };

/** A priority level at work. It outlives its object for as long as requests of it run. */
export class PriorityLevel {
  readonly name: string;
  configuration: PriorityLevelConfiguration;
  limits: LevelLimits = { nominal: 0, minimum: 0, maximum: 0 };
  statistics: DemandStatistics = { highest: 0, average: 0, deviation: 0 };
  smoothed = 0;
  target = 0;
  dispatched = 0;
  rejected = 0;
  timedOut = 0;
  cancelled = 0;
  readonly queueSet: QueueSet;
  readonly #demand: SeatDemand;
  #exemptExecuting = 0;

  constructor(configuration: PriorityLevelConfiguration, clock: Clock) {
    this.name = configuration.metadata?.name ?? "";
    this.configuration = configuration;
    this.#demand = new SeatDemand(clock);
    this.queueSet = new QueueSet({
      clock,
      turns: turnBudget(STARTS_A_TURN, threadCpuMs),
      configuration: queuingOf(configuration),
      limit: 0,
      changed: () => this.#demand.set(this.queueSet.seatDemand),
    });
  }

  get isExempt(): boolean {
    return this.configuration.spec?.type === "Exempt";
  }

  get executing(): number {
    return this.#exemptExecuting + this.queueSet.executing;
  }

  get seatsInUse(): number {
    return this.#exemptExecuting + this.queueSet.seatsInUse;
  }

  get isIdle(): boolean {
    return this.#exemptExecuting === 0 && this.queueSet.seatDemand === 0;
  }

  get shares(): LevelShares {
    const { spec } = this.configuration;
    const of = spec?.exempt ?? spec?.limited ?? {};
    return {
      shares: of.nominalConcurrencyShares ?? (this.isExempt ? 0 : 30),
      lendablePercent: of.lendablePercent ?? 0,
      borrowingLimitPercent: spec?.limited?.borrowingLimitPercent,
    };
  }

  configure(configuration: PriorityLevelConfiguration): void {
    this.configuration = configuration;
    this.queueSet.setConfiguration(queuingOf(configuration));
  }

  /** Runs whatever the others do; counted only for what it takes from their seats. */
  enterExempt(): () => void {
    this.#demand.set(++this.#exemptExecuting);
    return () => this.#demand.set(--this.#exemptExecuting);
  }

  /** What the level claims for the next period, by its demand in the last one. */
  claim(): SeatClaim {
    this.statistics = this.#demand.harvest();
    this.smoothed = smoothedDemand(this.smoothed, this.statistics);
    const { nominal, minimum, maximum } = this.limits;
    const wanted = this.isExempt ? this.statistics.highest : Math.min(nominal, this.statistics.highest);
    const lowerBound = Math.max(minimum, wanted);
    this.target = Math.max(lowerBound, this.smoothed);
    return { lowerBound, upperBound: Math.max(maximum, lowerBound), target: this.target };
  }
}

function queuingOf({ spec }: PriorityLevelConfiguration): QueueSetConfiguration {
  const response = spec?.limited?.limitResponse;
  if (spec?.type === "Exempt" || response?.type !== "Queue") return NO_QUEUES;
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = response.queuing ?? {};
  return { queues, handSize, queueLengthLimit };
}
