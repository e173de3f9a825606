import type { Clock } from "../base/clock.ts";

/** What an Event says, before it is one. */
export interface EventFacts {
  /** Identifies what the event is about and who says it, not what happened. */
  readonly about: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** What becomes of a recorded event. */
export type Correlation =
  | { readonly action: "drop" }
  | { readonly action: "record"; readonly key: string; readonly message: string };

/** Upstream's numbers (client-go tools/record/events_cache.go). */
const MOST_KEYS = 4096;
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
const SIMILAR_LIMIT = 10;
const SIMILAR_WINDOW_MS = 600_000;

interface Similar {
  messages: Set<string>;
  lastMs: number;
}

interface Bucket {
  tokens: number;
  filledMs: number;
}

/**
 * Keeps components from flooding the store with events: a source may say 25 things about an object at once and one more
 * each five minutes, and after ten different messages with one reason within ten minutes they count as one.
 */
export function createEventCorrelator(clock: Clock): (facts: EventFacts) => Correlation {
  const buckets = new Map<string, Bucket>();
  const similars = new Map<string, Similar>();

  return (facts) => {
    if (
      !takeToken(
        recent(buckets, facts.about, () => ({ tokens: SPAM_BURST, filledMs: clock.now() })),
        clock.now(),
      )
    ) {
      return { action: "drop" };
    }
    const group = [facts.about, facts.type, facts.reason].join("\n");
    const similar = recent(similars, group, () => ({ messages: new Set<string>(), lastMs: clock.now() }));
    if (clock.now() - similar.lastMs > SIMILAR_WINDOW_MS) similar.messages.clear();
    similar.lastMs = clock.now();
    if (similar.messages.size < SIMILAR_LIMIT) similar.messages.add(facts.message);
    if (similar.messages.size < SIMILAR_LIMIT) {
      return { action: "record", key: `${group}\n${facts.message}`, message: facts.message };
    }
    return { action: "record", key: group, message: `(combined from similar events): ${facts.message}` };
  };
}

function takeToken(bucket: Bucket, nowMs: number): boolean {
  bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (nowMs - bucket.filledMs) / SPAM_REFILL_MS);
  bucket.filledMs = nowMs;
  if (bucket.tokens < 1) return false;
  bucket.tokens--;
  return true;
}

/** The value of a key, made when missing; the map keeps the most recently used ones. */
export function recent<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_KEYS) map.delete(map.keys().next().value as string);
  return value;
}
