import type { Clock } from "../../base/clock.ts";
import { ShortLivedMap } from "../../base/short-lived-map.ts";
import type { TurnBudget } from "../../base/turn-budget.ts";
import { dealHand } from "./hand.ts";

/** How much of a priority level's concurrency a request takes. */
export interface WorkEstimate {
  /** While it runs. */
  readonly initialSeats: number;
  /** After its answer, for what it sets off, so long. */
  readonly finalSeats: number;
  readonly finalMs: number;
}

/** A request in a queue set. Nothing of it changes but by the queue set. */
export interface Ticket {
  readonly flow: string;
  readonly work: WorkEstimate;
  readonly arrivedMs: number;
  /** What it takes of the turn's budget; nothing of requests of this process, which have a pace of their own. */
  readonly turnShare: number;
  /** Called when it may run: within `enter`, or later. */
  start(): void;
}

export type Entry = "started" | "queued" | "queue-full" | "concurrency-limit";

export interface QueueSetConfiguration {
  /** 0: nothing waits, what does not fit is refused. */
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

interface Queue {
  readonly index: number;
  readonly waiting: ShortLivedMap<Request, Request>;
  executing: number;
  seatsInUse: number;
  /** Seats of those that wait, and the seat-seconds that they are thought to need. */
  waitingSeats: number;
  waitingWork: number;
  /** Virtual time at which its next request would start if every flow had its fair share. */
  nextDispatchR: number;
}

interface Request {
  readonly ticket: Ticket;
  readonly queue: Queue | undefined;
  readonly arrivalR: number;
  seats: number;
  startedMs: number;
}

/** What a request is thought to take before it has shown how long it does (upstream's G). */
const ESTIMATED_SECONDS = 0.003;
const HANDS_MAX = 4096;

/**
 * Fair queuing for the requests of one priority level: as many seats as the level has, queues for what must wait, and a
 * virtual time that says whose turn it is, so that each flow gets its share however much it asks for. After
 * k8s.io/apiserver util/flowcontrol/fairqueuing/queueset. Reads a clock and knows no request.
 */
export class QueueSet {
  readonly #clock: Clock;
  readonly #turns: TurnBudget;
  readonly #changed: () => void;
  #configuration: QueueSetConfiguration;
  #limit: number;
  readonly #queues = new Map<number, Queue>();
  readonly #withWaiting = new ShortLivedMap<Queue, Queue>();
  readonly #hands = new Map<string, readonly number[]>();
  readonly #requests = new ShortLivedMap<Ticket, Request>();
  #currentR = 0;
  #lastMs: number;
  #activeQueues = 0;
  #seatsInUse = 0;
  #seatsWaiting = 0;
  #waiting = 0;
  #executing = 0;

  /** @param options.changed called when the seats in use or wanted have changed */
  constructor(options: {
    clock: Clock;
    turns: TurnBudget;
    configuration: QueueSetConfiguration;
    limit: number;
    changed?: () => void;
  }) {
    this.#clock = options.clock;
    this.#turns = options.turns;
    this.#configuration = options.configuration;
    this.#limit = options.limit;
    this.#changed = options.changed ?? (() => {});
    this.#lastMs = options.clock.monotonic();
  }

  get limit(): number {
    return this.#limit;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get executing(): number {
    return this.#executing;
  }

  get seatsInUse(): number {
    return this.#seatsInUse;
  }

  /** Seats in use and asked for. */
  get seatDemand(): number {
    return this.#seatsInUse + this.#seatsWaiting;
  }

  /** Queues that something waits or runs for, and every request, for those who want to look. */
  look(): { readonly queues: readonly Queue[]; readonly requests: readonly Request[] } {
    return { queues: [...this.#queues.values()], requests: [...this.#requests.values()] };
  }

  setLimit(limit: number): void {
    if (limit === this.#limit) return;
    this.#advance();
    this.#limit = limit;
    this.#dispatch();
  }

  /** What waits stays where it is; later requests are dealt to the new queues. */
  setConfiguration(configuration: QueueSetConfiguration): void {
    this.#configuration = configuration;
    this.#hands.clear();
  }

  /** Takes a request in: it starts, or waits for its start, or is refused. Every ticket that was not refused must `leave`. */
  enter(ticket: Ticket): Entry {
    if (this.#configuration.queues === 0) return this.#enterUnqueued(ticket);
    this.#advance();
    const queue = this.#chosenQueue(ticket.flow);
    const isFull = queue.waiting.size >= this.#configuration.queueLengthLimit;
    if (isFull) return "queue-full";
    if (queue.waiting.size === 0 && queue.executing === 0) {
      queue.nextDispatchR = this.#currentR;
      this.#activeQueues++;
    }
    const request: Request = { ticket, queue, arrivalR: this.#currentR, seats: seatsOf(ticket.work), startedMs: -1 };
    this.#requests.set(ticket, request);
    if (this.#mayStartAtOnce(request)) {
      this.#start(request, queue);
      this.#changed();
      return "started";
    }
    queue.waiting.set(request, request);
    queue.waitingSeats += request.seats;
    queue.waitingWork += totalWork(ticket.work);
    this.#withWaiting.set(queue, queue);
    this.#seatsWaiting += request.seats;
    this.#waiting++;
    this.#dispatch();
    this.#changed();
    return request.startedMs >= 0 ? "started" : "queued";
  }

  /** The request has ended, or does not want to wait any longer. Idempotent. */
  leave(ticket: Ticket): void {
    const request = this.#requests.get(ticket);
    if (request === undefined) return;
    this.#advance();
    this.#requests.delete(ticket);
    if (request.startedMs < 0) this.#withdraw(request);
    else this.#finish(request);
    this.#dispatch();
    this.#changed();
  }

  /** Nobody waits before it, nor would it: the usual case, and a tenth of the work. */
  #mayStartAtOnce({ ticket, seats }: Request): boolean {
    if (this.#waiting > 0 || !this.#fits(seats)) return false;
    return ticket.turnShare === 0 || this.#turns.take(this.#resume, ticket.turnShare);
  }

  #enterUnqueued(ticket: Ticket): Entry {
    const seats = seatsOf(ticket.work);
    if (!this.#fits(seats)) return "concurrency-limit";
    const request = { ticket, queue: undefined, arrivalR: 0, seats, startedMs: this.#clock.monotonic() };
    this.#requests.set(ticket, request);
    this.#seatsInUse += seats;
    this.#executing++;
    this.#changed();
    ticket.start();
    return "started";
  }

  #chosenQueue(flow: string): Queue {
    let best: Queue | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const index of this.#handOf(flow)) {
      const queue = this.#queueAt(index);
      const work = queue.waitingWork + queue.seatsInUse * ESTIMATED_SECONDS;
      if (work < least) {
        least = work;
        best = queue;
      }
    }
    return best!;
  }

  #handOf(flow: string): readonly number[] {
    let hand = this.#hands.get(flow);
    if (hand === undefined) {
      const { handSize, queues } = this.#configuration;
      if (this.#hands.size >= HANDS_MAX) this.#hands.clear();
      hand = dealHand(flow, { handSize, deckSize: queues });
      this.#hands.set(flow, hand);
    }
    return hand;
  }

  #queueAt(index: number): Queue {
    let queue = this.#queues.get(index);
    if (queue === undefined) {
      queue = {
        index,
        waiting: new ShortLivedMap(),
        executing: 0,
        seatsInUse: 0,
        waitingSeats: 0,
        waitingWork: 0,
        nextDispatchR: 0,
      };
      this.#queues.set(index, queue);
    }
    return queue;
  }

  /** Virtual time goes as fast as every active queue would get on if they all shared the seats. */
  #advance(): void {
    const nowMs = this.#clock.monotonic();
    const seconds = (nowMs - this.#lastMs) / 1000;
    this.#lastMs = nowMs;
    if (seconds <= 0 || this.#activeQueues === 0) return;
    this.#currentR += (seconds * Math.min(this.seatDemand, this.#limit)) / this.#activeQueues;
  }

  #dispatch(): void {
    while (this.#waiting > 0) {
      const queue = this.#nextQueue();
      if (queue === undefined) return;
      const { turnShare } = firstOf(queue).ticket;
      if (turnShare > 0 && !this.#turns.take(this.#resume, turnShare)) return;
      this.#startFrom(queue);
    }
  }

  readonly #resume = (): void => {
    this.#advance();
    this.#dispatch();
    this.#changed();
  };

  /** The queue whose first request would end first if all had their fair share; nothing while that request does not fit. */
  #nextQueue(): Queue | undefined {
    let best: Queue | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const queue of this.#withWaiting.values()) {
      const finishR = queue.nextDispatchR + totalWork(firstOf(queue).ticket.work);
      if (finishR < earliest) {
        earliest = finishR;
        best = queue;
      }
    }
    return best !== undefined && this.#fits(firstOf(best).seats) ? best : undefined;
  }

  /** What is wider than all seats together runs alone. */
  #fits(seats: number): boolean {
    if (seats > this.#limit) return this.#seatsInUse === 0 && this.#limit > 0;
    return this.#seatsInUse + seats <= this.#limit;
  }

  #startFrom(queue: Queue): void {
    const request = firstOf(queue);
    this.#removeWaiting(queue, request);
    // Last in the order of those with the same virtual time: they take turns.
    if (this.#withWaiting.delete(queue) && queue.waiting.size > 0) this.#withWaiting.set(queue, queue);
    this.#start(request, queue);
  }

  #start(request: Request, queue: Queue): void {
    queue.nextDispatchR += totalWork(request.ticket.work);
    queue.executing++;
    queue.seatsInUse += request.seats;
    this.#seatsInUse += request.seats;
    this.#executing++;
    request.startedMs = this.#lastMs;
    request.ticket.start();
  }

  #removeWaiting(queue: Queue, request: Request): void {
    queue.waiting.delete(request);
    queue.waitingSeats -= request.seats;
    queue.waitingWork = queue.waiting.size === 0 ? 0 : queue.waitingWork - totalWork(request.ticket.work);
    this.#seatsWaiting -= request.seats;
    this.#waiting--;
  }

  #withdraw(request: Request): void {
    const queue = request.queue!;
    this.#removeWaiting(queue, request);
    if (queue.waiting.size === 0) this.#withWaiting.delete(queue);
    this.#rest(queue);
  }

  #finish(request: Request): void {
    const { queue } = request;
    const { initialSeats, finalSeats, finalMs } = request.ticket.work;
    this.#executing--;
    if (queue !== undefined) {
      // What it took in truth takes the place of the estimate.
      const tookSeconds = (this.#lastMs - request.startedMs) / 1000;
      queue.nextDispatchR -= initialSeats * (ESTIMATED_SECONDS - tookSeconds);
      if (queue.waiting.size > 0) queue.nextDispatchR = Math.max(queue.nextDispatchR, firstOf(queue).arrivalR);
    }
    if (finalMs <= 0 || finalSeats <= 0) {
      this.#release(request, request.seats);
      return;
    }
    this.#release(request, request.seats - finalSeats, false);
    this.#clock.setTimer(() => {
      this.#advance();
      this.#release(request, finalSeats);
      this.#dispatch();
      this.#changed();
    }, finalMs);
  }

  #release({ queue }: Request, seats: number, isOver = true): void {
    this.#seatsInUse -= seats;
    if (queue === undefined) return;
    queue.seatsInUse -= seats;
    if (!isOver) return;
    queue.executing--;
    this.#rest(queue);
  }

  #rest(queue: Queue): void {
    if (queue.waiting.size === 0 && queue.executing === 0) this.#activeQueues--;
  }
}

function firstOf(queue: Queue): Request {
  return queue.waiting.first()!;
}

/** A request keeps the larger of its two widths while it runs. */
function seatsOf({ initialSeats, finalSeats }: WorkEstimate): number {
  return Math.max(initialSeats, finalSeats);
}

/** Seat-seconds that a request is thought to need. */
function totalWork({ initialSeats, finalSeats, finalMs }: WorkEstimate): number {
  return initialSeats * ESTIMATED_SECONDS + (finalSeats * finalMs) / 1000;
}
