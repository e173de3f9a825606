import { aggregate } from "../../api/go-text.ts";
import { failure } from "../../api/status.ts";
import type { Clock } from "../../base/clock.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { isAbout } from "./refuse.ts";

/** eventratelimit.admission.k8s.io/v1alpha1 Configuration. */
export interface EventRateLimitConfiguration {
  readonly limits: readonly {
    readonly type: "Server" | "Namespace" | "User" | "SourceAndObject";
    readonly qps: number;
    readonly burst: number;
    readonly cacheSize?: number;
  }[];
}

type Limit = EventRateLimitConfiguration["limits"][number];

const DEFAULT_CACHE_SIZE = 4096;

/** Refuses Events beyond so many a second, for the whole server or for each namespace, user, or source. */
export function eventRateLimit(
  { clock }: AdmissionDependencies,
  configuration: EventRateLimitConfiguration | undefined,
): AdmissionPlugin {
  const limits = (configuration?.limits ?? []).map((limit) => ({ limit, take: buckets(limit, clock) }));
  return {
    name: "EventRateLimit",
    handles: (attributes) =>
      (attributes.operation === "CREATE" || attributes.operation === "UPDATE") &&
      !attributes.dryRun &&
      (isAbout(attributes, "events") || isAbout(attributes, "events", "events.k8s.io")),
    validate(attributes) {
      const refusals = limits.flatMap(({ limit, take }) => {
        const key = keyOf(limit, attributes);
        return take(key) ? [] : [`limit reached on type ${limit.type} for key ${key}`];
      });
      if (refusals.length === 0) return;
      throw failure(429, "TooManyRequests", `Too many requests: ${aggregate(refusals)}`);
    },
  };
}

/** A token bucket a key; the key that was used longest ago is forgotten first. */
function buckets({ qps, burst, cacheSize = DEFAULT_CACHE_SIZE }: Limit, clock: Clock): (key: string) => boolean {
  const known = new Map<string, { tokens: number; atMs: number }>();
  return (key) => {
    const now = clock.monotonic();
    const bucket = known.get(key) ?? { tokens: burst, atMs: now };
    known.delete(key);
    known.set(key, bucket);
    for (const oldest of known.keys()) {
      if (known.size <= cacheSize) break;
      known.delete(oldest);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) / 1000) * qps);
    bucket.atMs = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  };
}

interface EventLike {
  readonly source?: { readonly component?: string; readonly host?: string };
  readonly deprecatedSource?: EventLike["source"];
  readonly involvedObject?: Record<string, string | undefined>;
  readonly regarding?: Record<string, string | undefined>;
}

const REFERENCE = ["kind", "namespace", "name", "uid", "apiVersion"];

function keyOf({ type }: Limit, { namespace, user, object }: AdmissionAttributes): string {
  if (type === "Server") return "";
  if (type === "Namespace") return namespace;
  if (type === "User") return user.name;
  const event = object as EventLike | undefined;
  const source = event?.source ?? event?.deprecatedSource;
  const subject = event?.involvedObject ?? event?.regarding;
  return [source?.component, source?.host, ...REFERENCE.map((field) => subject?.[field])]
    .map((part) => part ?? "")
    .join("");
}
