import type { Clock } from "../../base/clock.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { Encryption } from "../encryption/encryption.ts";
import { exponentialBuckets } from "./buckets.ts";

const LABELS = ["resource", "transformation_type", "transformer_prefix"];
const PREFIX = "apiserver_storage_transformation_";
/** Which provider, and for those that have keys of their own which of them: each counts, as upstream's nested transformers do. */
const STORED = /^(k8s:enc:(?:kms:v\d+:[^:]*:|[a-z]+:v\d+:))/;
const KEY = /^([^:]{1,253}:)/;
const HEAD_BYTES = 512;
/** Names of gRPC's codes, by number. */
const CODES = [
  ...["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists"],
  ...["PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented"],
  ...["Internal", "Unavailable", "DataLoss", "Unauthenticated"],
];

type Direction = "from_storage" | "to_storage";

/**
 * Encryption with how often and how long it is at work.
 * @param resourceOf the resource of a key in the store, as `secrets` or `widgets.example.com`
 */
export function measuredEncryption(
  encryption: Encryption,
  of: { readonly metrics: Metrics; readonly clock: Clock; resourceOf(key: string): string },
): Encryption {
  const { metrics, clock, resourceOf } = of;
  const total = metrics.counter(`${PREFIX}operations_total`, "[ALPHA] Total number of transformations.", [
    ...LABELS,
    "status",
  ]);
  const duration = metrics.histogram(
    `${PREFIX}duration_seconds`,
    "[ALPHA] Latencies in seconds of value transformation operations.",
    { labelNames: LABELS, buckets: exponentialBuckets(5e-6, 2, 25) },
  );
  const record = (direction: Direction, key: string, done: { stored: Buffer; startMs: number; error?: unknown }) => {
    const resource = resourceOf(key);
    const status = done.error === undefined ? "OK" : statusOf(done.error);
    for (const prefix of prefixesOf(done.stored)) {
      total.labels(resource, direction, prefix, status).inc();
      if (status === "OK") {
        duration.labels(resource, direction, prefix).observe((clock.monotonic() - done.startMs) / 1000);
      }
    }
  };
  return {
    ...encryption,
    encrypt(value, key) {
      const startMs = clock.monotonic();
      const stored = encryption.encrypt(value, key);
      if (stored !== value) record("to_storage", key, { stored, startMs });
      return stored;
    },
    decrypt(stored, key) {
      const startMs = clock.monotonic();
      const failed = (error: unknown): never => {
        record("from_storage", key, { stored, startMs, error });
        throw error;
      };
      try {
        const answer = encryption.decrypt(stored, key);
        if (answer instanceof Promise) {
          return answer.then((decrypted) => {
            record("from_storage", key, { stored, startMs });
            return decrypted;
          }, failed);
        }
        record("from_storage", key, { stored, startMs });
        return answer;
      } catch (error) {
        return failed(error);
      }
    },
  };
}

function prefixesOf(stored: Buffer): string[] {
  const head = stored.toString("latin1", 0, HEAD_BYTES);
  const provider = STORED.exec(head)?.[1];
  if (provider === undefined) return ["identity"];
  if (provider.startsWith("k8s:enc:kms:")) return [provider];
  const key = KEY.exec(head.slice(provider.length))?.[1];
  return key === undefined ? [provider] : [provider, key];
}

/** Errors of a key service have gRPC's codes. */
function statusOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === "number" && CODES[code] !== undefined) return CODES[code];
  }
  return "unknown-non-grpc";
}
