import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/** Where a piece of work belongs: W3C trace context (https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the span that caused this work. */
  readonly spanId: string;
}

/** What happened, when, and because of what. Times are milliseconds since the epoch. */
export interface Span extends TraceContext {
  readonly name: string;
  readonly parentSpanId?: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

const current = new AsyncLocalStorage<TraceContext>();

/** What is told now, by `toldWithTrace`. */
let told: TraceContext | undefined;

/** Runs `work` as caused by `context`; every request that it sends carries that context. */
export function withTrace<T>(context: TraceContext | undefined, work: () => T): T {
  if (context === undefined) return work();
  if (told === undefined) return current.run(context, work);
  const outer = told;
  told = undefined;
  try {
    return current.run(context, work);
  } finally {
    told = outer;
  }
}

/**
 * Calls `tell` as caused by `context`: for what is told to many for each change, where a context that also follows what they begin
 * and do not wait for would cost more than they do. Who begins something later keeps what `currentTrace` says now.
 */
export function toldWithTrace<T>(context: TraceContext | undefined, tell: (what: T) => void, what: T): void {
  const outer = told;
  told = context ?? outer;
  try {
    tell(what);
  } finally {
    told = outer;
  }
}

/** The context of the work that runs now. */
export function currentTrace(): TraceContext | undefined {
  return told ?? current.getStore();
}

/** `traceparent` header of a context. */
export function formatTraceparent(context: TraceContext): string {
  return `00-${context.traceId}-${context.spanId}-01`;
}

/** Context of a `traceparent` header; undefined when it is missing or malformed. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const match = header === undefined ? null : /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header);
  return match === null ? undefined : { traceId: match[1]!, spanId: match[2]! };
}

/** Its ids are made when somebody asks for them: of most requests nobody does. */
class SpanContext implements TraceContext {
  readonly parentSpanId: string | undefined;
  readonly #random: Random;
  #traceId: string | undefined;
  #spanId: string | undefined;

  constructor(parent: TraceContext | undefined, random: Random) {
    this.parentSpanId = parent?.spanId;
    this.#traceId = parent?.traceId;
    this.#random = random;
  }

  get traceId(): string {
    this.#traceId ??= this.#random.bytes(16).toString("hex");
    return this.#traceId;
  }

  get spanId(): string {
    this.#spanId ??= this.#random.bytes(8).toString("hex");
    return this.#spanId;
  }
}

interface EndedSpan extends Pick<Span, "name" | "startMs" | "endMs" | "attributes"> {
  readonly context: SpanContext;
}

function toldSpan({ context, ...span }: EndedSpan): Span {
  const { traceId, spanId, parentSpanId } = context;
  return { traceId, spanId, ...span, parentSpanId };
}

/** So few that those of a busy server go within a moment: what stays for seconds is old for the collector, with all that it names. */
const SPANS_KEPT = 512;

/**
 * The last spans of this process, in a ring of fixed size: kept always, read when somebody asks what happened and why.
 */
export class SpanRing {
  readonly #spans: (EndedSpan | undefined)[];
  readonly #clock: Clock;
  readonly #random: Random;
  #next = 0;

  constructor(options: { clock: Clock; random: Random; capacity?: number }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#spans = new Array<EndedSpan | undefined>(options.capacity ?? SPANS_KEPT);
  }

  /** Starts a span below the current context (or a new trace) and answers its context and how to end it. */
  start(name: string, parent: TraceContext | undefined = currentTrace()): OpenSpan {
    const startMs = this.#clock.now();
    const context = new SpanContext(parent, this.#random);
    return {
      context,
      end: (attributes = {}) => {
        this.#spans[this.#next % this.#spans.length] = { context, name, startMs, endMs: this.#clock.now(), attributes };
        this.#next++;
      },
    };
  }

  /** Runs `work` inside a span; the span ends with it, whatever happens. */
  async within<T>(name: string, work: () => Promise<T>, attributes: Span["attributes"] = {}): Promise<T> {
    const span = this.start(name);
    try {
      return await withTrace(span.context, work);
    } finally {
      span.end(attributes);
    }
  }

  /** Spans still in the ring, oldest first. */
  list(): Span[] {
    const size = this.#spans.length;
    const first = Math.max(0, this.#next - size);
    const found: Span[] = [];
    for (let index = first; index < this.#next; index++) found.push(toldSpan(this.#spans[index % size]!));
    return found;
  }
}

export interface OpenSpan {
  readonly context: TraceContext;
  end(attributes?: Span["attributes"]): void;
}
