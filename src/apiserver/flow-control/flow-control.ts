import type { FlowSchema, PriorityLevelConfiguration } from "../../api/generated/flowcontrol.apiserver.k8s.io/v1.ts";
import { failure, type StatusError } from "../../api/status.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { Deadlines } from "../../base/deadlines.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import { RecentlyUsed } from "../authn/recently-used.ts";
import type { RequestInfo } from "../request-info.ts";
import { flowMetrics, type SchemaCounts } from "./flow-metrics.ts";
import { distinguisherOf, type RequestMatcher, schemaMatcher, schemaSubjects } from "./matching.ts";
import { PriorityLevel } from "./priority-level.ts";
import type { Ticket, WorkEstimate } from "./queue-set.ts";
import { allocateSeats, limitsOf } from "./seat-limits.ts";

/** The schema that a request falls under, and the flow within it. */
export interface Flow {
  readonly schema: SchemaEntry;
  readonly distinguisher: string;
}

export interface SchemaEntry {
  readonly object: FlowSchema;
  readonly name: string;
  readonly level: PriorityLevel;
  readonly matches: RequestMatcher;
  readonly concerns: (user: UserInfo) => boolean;
  readonly counts: SchemaCounts;
}

/** A place at work. Give it back when the work is done. */
export type Release = () => void;

export interface FlowControlOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Seats of the whole server. */
  readonly seats: number;
  /** A request waits no longer for its seat; a quarter of the request timeout, as upstream, when absent. */
  readonly waitLimitMs?: number;
}

const WAIT_LIMIT_MS = 15_000;
const BORROWING_MS = 10_000;
/** Below this a level's past demand is forgotten, and the server that does nothing looks no more. */
const NO_DEMAND = 0.01;

/** Users whose schemas are remembered; anybody may come with a new name. */
const USERS_REMEMBERED = 1024;

/** API Priority and Fairness: which requests run now, which wait, and which are refused. */
export class FlowControl {
  readonly #options: FlowControlOptions;
  readonly #levels = new Map<string, PriorityLevel>();
  readonly #countsOf: (schema: string, level: string) => SchemaCounts;
  #schemas: readonly SchemaEntry[] = [];
  #byUser = new RecentlyUsed<readonly SchemaEntry[]>(USERS_REMEMBERED);
  #byObject = new WeakMap<UserInfo, readonly SchemaEntry[]>();
  readonly #waitLimits: Deadlines;
  #borrowing: Timer | undefined;

  constructor(options: FlowControlOptions) {
    this.#options = options;
    this.#waitLimits = new Deadlines(options.clock, options.waitLimitMs ?? WAIT_LIMIT_MS);
    this.#countsOf = flowMetrics(options.metrics, () => this.#levels.values());
  }

  get levels(): readonly PriorityLevel[] {
    return [...this.#levels.values()];
  }

  /** What a waiting or running request is, for those who want to look. */
  requestOf(ticket: Ticket): FlowRequest | undefined {
    return ticket instanceof Place ? ticket.request : undefined;
  }

  /**
   * Takes the configuration as it is now. A level that is gone gets no new requests; a schema whose level is not there
   * matches nothing. The lists must hold the mandatory objects.
   */
  configure(levels: readonly PriorityLevelConfiguration[], schemas: readonly FlowSchema[]): void {
    const wanted = new Set(levels.map((level) => level.metadata?.name ?? ""));
    for (const name of this.#levels.keys()) if (!wanted.has(name)) this.#levels.delete(name);
    for (const configuration of levels) {
      const name = configuration.metadata?.name ?? "";
      const known = this.#levels.get(name);
      if (known === undefined) this.#levels.set(name, new PriorityLevel(configuration, this.#options.clock));
      else known.configure(configuration);
    }
    this.#share();
    this.#schemas = schemas.toSorted(byPrecedence).flatMap((object) => this.#entryOf(object));
    this.#byUser = new RecentlyUsed(USERS_REMEMBERED);
    this.#byObject = new WeakMap();
  }

  /** The first schema that matches. Everybody matches catch-all. */
  classify(user: UserInfo, info: RequestInfo): Flow | undefined {
    for (const schema of this.#schemasOf(user)) {
      if (schema.matches(user, info)) return { schema, distinguisher: distinguisherOf(schema.object, user, info) };
    }
    return undefined;
  }

  /** Those that have the user among their subjects: found once for a user who is known, and once for a name. */
  #schemasOf(user: UserInfo): readonly SchemaEntry[] {
    let found = this.#byObject.get(user);
    if (found !== undefined) return found;
    const id = `${user.name}\n${user.groups.join("\n")}`;
    found = this.#byUser.get(id);
    if (found === undefined) {
      found = this.#schemas.filter((schema) => schema.concerns(user));
      this.#byUser.set(id, found);
    }
    this.#byObject.set(user, found);
    return found;
  }

  /**
   * A place for the request, at once or later.
   * @throws StatusError TooManyRequests, now or as a rejection
   */
  acquire(request: FlowRequest, work: WorkEstimate, whenOver: WhenOver): Release | Promise<Release> {
    const { level, counts } = request.flow.schema;
    this.#borrowing ??= this.#options.clock.setTimer(this.#borrow, BORROWING_MS);
    if (level.isExempt) {
      counts.dispatched.inc();
      level.dispatched++;
      return level.enterExempt();
    }
    const place = new Place(request, work, this.#options.clock.monotonic());
    const entry = level.queueSet.enter(place);
    if (entry === "queue-full" || entry === "concurrency-limit") throw this.#rejected(request, entry);
    return entry === "started" ? this.#started(place) : this.#wait(place, whenOver);
  }

  close(): void {
    this.#borrowing?.cancel();
    this.#borrowing = undefined;
  }

  #entryOf(object: FlowSchema): SchemaEntry[] {
    const name = object.metadata?.name ?? "";
    const level = this.#levels.get(object.spec?.priorityLevelConfiguration.name ?? "");
    if (level === undefined) return [];
    const known = this.#schemas.find((entry) => entry.object === object && entry.level === level);
    if (known !== undefined) return [known];
    const counts = this.#countsOf(name, level.name);
    return [{ object, name, level, matches: schemaMatcher(object), concerns: schemaSubjects(object), counts }];
  }

  /** Divides the seats by the configured shares. */
  #share(): void {
    const levels = this.levels;
    const sum = levels.reduce((total, level) => total + level.shares.shares, 0);
    for (const level of levels) {
      const before = level.limits;
      level.limits = limitsOf(level.shares, sum, this.#options.seats);
      const isSame = before.nominal === level.limits.nominal && before.minimum === level.limits.minimum;
      if (!isSame || before.maximum !== level.limits.maximum) level.queueSet.setLimit(level.limits.nominal);
    }
  }

  /** Seats that some levels do not need go to those that do, for the next period. */
  readonly #borrow = (): void => {
    this.#borrowing = undefined;
    const exempt = this.levels.filter((level) => level.isExempt).map((level) => level.claim().lowerBound);
    const limited = this.levels.filter((level) => !level.isExempt);
    const claims = limited.map((level) => level.claim());
    const seats = exempt.reduce((left, used) => left - used, this.#options.seats);
    const allocated = allocateSeats(Math.max(0, seats), claims);
    for (const [index, level] of limited.entries()) level.queueSet.setLimit(allocated.seats[index]!);
    const isAtRest = this.levels.every((level) => level.isIdle && level.smoothed < NO_DEMAND);
    if (!isAtRest) this.#borrowing = this.#options.clock.setTimer(this.#borrow, BORROWING_MS);
  };

  #started(place: Place): Release {
    const { clock } = this.#options;
    const { level, counts } = place.request.flow.schema;
    const startedMs = clock.monotonic();
    counts.dispatched.inc();
    counts.waited.observe((startedMs - place.arrivedMs) / 1000);
    level.dispatched++;
    return () => {
      if (place.isOver) return;
      place.isOver = true;
      counts.ran.observe((clock.monotonic() - startedMs) / 1000);
      level.queueSet.leave(place);
    };
  }

  #wait(place: Place, whenOver: WhenOver): Promise<Release> {
    const { clock } = this.#options;
    const { level, counts } = place.request.flow.schema;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        place.started = undefined;
        timer.cancel();
        notWhenOver();
      };
      const giveUp = (reason: "time-out" | "cancelled"): void => {
        if (place.started === undefined) return;
        done();
        place.isOver = true;
        level.queueSet.leave(place);
        counts.waitedInVain.observe((clock.monotonic() - place.arrivedMs) / 1000);
        reject(this.#rejected(place.request, reason));
      };
      place.started = () => {
        done();
        resolve(this.#started(place));
      };
      const timer = this.#waitLimits.set(() => giveUp("time-out"));
      let notWhenOver: () => void = () => {};
      notWhenOver = whenOver(() => giveUp("cancelled"));
    });
  }

  #rejected({ flow }: FlowRequest, reason: RejectReason): StatusError {
    const { level, counts } = flow.schema;
    counts.rejected(reason).inc();
    if (reason === "time-out") level.timedOut++;
    else if (reason === "cancelled") level.cancelled++;
    else level.rejected++;
    return tooManyRequests();
  }
}

type RejectReason = "queue-full" | "concurrency-limit" | "time-out" | "cancelled";

/** A request and what it is about. */
export interface FlowRequest {
  readonly flow: Flow;
  readonly user: UserInfo;
  readonly info: RequestInfo;
  /** What it takes of a turn's budget; 0: it is not paced. */
  readonly turnShare: number;
}

/** Calls back when the client has gone. Answers how to take that back. */
export type WhenOver = (callback: () => void) => () => void;

/** A request in its level's queues or seats. */
class Place implements Ticket {
  readonly request: FlowRequest;
  readonly flow: string;
  readonly work: WorkEstimate;
  readonly arrivedMs: number;
  /** There while it waits. */
  started: (() => void) | undefined;
  isOver = false;

  constructor(request: FlowRequest, work: WorkEstimate, arrivedMs: number) {
    const { schema, distinguisher } = request.flow;
    this.request = request;
    this.flow = `${schema.name}/${distinguisher}`;
    this.work = work;
    this.arrivedMs = arrivedMs;
  }

  get turnShare(): number {
    return this.request.turnShare;
  }

  start(): void {
    this.started?.();
  }
}

export function tooManyRequests(): StatusError {
  return failure(429, "TooManyRequests", "Too many requests, please try again later.", { retryAfterSeconds: 1 });
}

/** Lower precedence first; of equal ones the name decides. */
function byPrecedence(a: FlowSchema, b: FlowSchema): number {
  const difference = (a.spec?.matchingPrecedence ?? 1000) - (b.spec?.matchingPrecedence ?? 1000);
  if (difference !== 0) return difference;
  return (a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1;
}
