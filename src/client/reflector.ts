import { type ApiObject, apiVersionOf, keyOf, type ResourceReference } from "../api/meta.ts";
import { hasReason, StatusError } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { toldWithTrace } from "../base/trace.ts";
import { eachInTurns } from "../base/turn-time.ts";
import { createBackoff } from "./backoff.ts";
import type { Client } from "./client.ts";
import type { InformerRows } from "./informer-rows.ts";
import { TransportError, type WatchEvent } from "./transport.ts";

const PAGE_SIZE = 500;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;
/** A watch that lives this long shows that the server is well again. */
const HEALTHY_WATCH_MS = 10_000;
/** The server ends a watch after 5 to 10 minutes; one that outlives that by the grace is dead without knowing it. */
const SHORTEST_WATCH_SECONDS = 300;
const WATCH_GRACE_SECONDS = 30;

/** A collection, or a part of one. */
export interface Collection<T extends ApiObject> {
  readonly resource: ResourceReference<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ReflectorOptions<T extends ApiObject> {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly source: Collection<T>;
  /** What everybody keeps of these objects. */
  readonly rows: InformerRows<T>;
}

/**
 * Keeps caches equal to a collection until the signal aborts: lists, then watches from the list's revision, resumes
 * broken watches where they ended, and lists anew when the server no longer has that revision. Never rejects.
 */
export async function runReflector<T extends ApiObject>(options: ReflectorOptions<T>): Promise<void> {
  const { clock, random, log, signal, source } = options;
  const backoff = createBackoff({ random, initialMs: FIRST_RETRY_MS, maximumMs: LONGEST_RETRY_MS });
  let revision: string | undefined;
  while (!signal.aborted) {
    const startedMs = clock.monotonic();
    let delayed = false;
    try {
      revision ??= await listAll(options);
      delayed = !(await watchFrom(options, revision, (seen) => {
        revision = seen;
      }));
    } catch (error) {
      if (signal.aborted) return;
      if (!resumable(error)) revision = undefined;
      delayed = true;
      // What does not heal by itself must be seen: a component whose informer is refused waits for ever.
      const level = hasReason(error, "Forbidden") || hasReason(error, "Unauthorized") ? "warn" : "debug";
      log[level]("list and watch ended", { resource: source.resource.resource, error: errorMessage(error) });
    }
    if (clock.monotonic() - startedMs >= HEALTHY_WATCH_MS) backoff.reset();
    if (delayed) await sleep(clock, backoff.next(), signal);
  }
}

/** Whether the watch may go on from the last revision: the connection broke or the server was busy, nothing is known to be lost. */
function resumable(error: unknown): boolean {
  if (error instanceof TransportError) return true;
  return error instanceof StatusError && (error.code === 429 || error.code >= 500);
}

/** Fills the caches from a list in pages and answers the list's revision. */
async function listAll<T extends ApiObject>(options: ReflectorOptions<T>): Promise<string> {
  try {
    return await listInPages(options, PAGE_SIZE);
  } catch (error) {
    // The list's revision was compacted between two pages: one page with everything cannot expire.
    if (error instanceof StatusError && error.code === 410) return await listInPages(options, undefined);
    throw error;
  }
}

async function listInPages<T extends ApiObject>(
  options: ReflectorOptions<T>,
  limit: number | undefined,
): Promise<string> {
  const { client, clock, source, signal } = options;
  const list = options.rows.list(clock);
  let token: string | undefined;
  for (;;) {
    const page = await client.list(source.resource, { ...selection(source), limit, continue: token, signal });
    await eachInTurns(clock, page.items, (item) => {
      const object = typed(source, item);
      list.add(keyOf(object), object);
    });
    token = page.metadata.continue;
    if (token === undefined || token === "") {
      signal.throwIfAborted();
      await list.end();
      return page.metadata.resourceVersion ?? "";
    }
  }
}

/** Applies watch events until the server ends the watch. Answers whether the watch did any good. */
async function watchFrom<T extends ApiObject>(
  options: ReflectorOptions<T>,
  revision: string,
  advance: (revision: string) => void,
): Promise<boolean> {
  const { client, clock, random, source } = options;
  const timeoutSeconds = Math.floor(SHORTEST_WATCH_SECONDS * (1 + random.fraction()));
  const startedMs = clock.monotonic();
  const deadline = new AbortController();
  const timer = clock.setTimer(() => deadline.abort(), (timeoutSeconds + WATCH_GRACE_SECONDS) * 1000);
  const applied = (event: WatchEvent<T>): void => apply(options, event);
  let received = false;
  try {
    const events = client.watch(source.resource, {
      ...selection(source),
      resourceVersion: revision,
      allowWatchBookmarks: true,
      timeoutSeconds,
      signal: AbortSignal.any([options.signal, deadline.signal]),
    });
    for await (const event of events) {
      if (options.signal.aborted) return true;
      toldWithTrace(event.cause, applied, event);
      received = true;
      const seen = event.object.metadata?.resourceVersion;
      if (seen !== undefined) advance(seen);
    }
  } catch (error) {
    if (!deadline.signal.aborted) throw error;
  } finally {
    timer.cancel();
  }
  return received || clock.monotonic() - startedMs >= 1000;
}

function apply<T extends ApiObject>(options: ReflectorOptions<T>, event: WatchEvent<T>): void {
  if (event.type === "BOOKMARK") return;
  const object = typed(options.source, event.object);
  const key = keyOf(object);
  if (event.type === "DELETED") options.rows.remove(key, object, event.cause);
  else options.rows.put(key, object, event.cause);
}

/** Items of a typed list do not say what they are; whoever gets one alone must be able to tell. */
function typed<T extends ApiObject>({ resource }: Collection<T>, object: T): T {
  return object.kind === undefined ? { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object } : object;
}

function selection(source: {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}): Record<string, string> {
  const { namespace, labelSelector, fieldSelector } = source;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
