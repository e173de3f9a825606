import type { Metrics } from "../../base/metrics.ts";
import { type AuditDecider, auditDecider } from "./decide.ts";
import type { AuditEvent } from "./event.ts";
import { eventText } from "./event-text.ts";
import type { AuditPolicy } from "./policy.ts";

/**
 * Where audit events go. Unless it was asked to block, a backend never makes a request wait: it takes an event, or drops and
 * counts it.
 */
export interface AuditBackend {
  readonly name: string;
  /**
   * Nothing to wait for, or whether the request may go on, when the event is stored or certainly lost.
   * @param text the event as JSON
   */
  write(event: AuditEvent, text: string): Stored;
  /** Writes what it still has. Idempotent. */
  close(): Promise<void>;
}

export type Stored = undefined | Promise<boolean>;

/** What the audit filter asks: how much of a request is wanted, and who takes the event. */
export interface Auditor {
  readonly decide: AuditDecider;
  /** As AuditBackend's write, of all of them. */
  emit(event: AuditEvent): Stored;
  close(): Promise<void>;
}

/** Counts what a backend could not keep. */
export type CountDropped = (backend: string, events: number) => void;

export function droppedCounter(metrics: Metrics): CountDropped {
  const errors = metrics.counter(
    "apiserver_audit_error_total",
    "Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.",
    ["plugin"],
  );
  return (backend, events) => errors.labels(backend).inc(events);
}

export function createAuditor(options: {
  readonly policy: AuditPolicy;
  readonly backends: readonly AuditBackend[];
  readonly metrics: Metrics;
}): Auditor {
  const { policy, backends, metrics } = options;
  const total = metrics
    .counter("apiserver_audit_event_total", "Counter of audit events generated and sent to the audit backend.")
    .labels();
  const levels = metrics.counter(
    "apiserver_audit_level_total",
    "Counter of policy levels for audit events (1 per request).",
    ["level"],
  );
  const counted = Object.fromEntries(
    ["None", "Metadata", "Request", "RequestResponse"].map((level) => [level, levels.labels(level)]),
  );
  const decide = auditDecider(policy);
  return {
    decide(user, info) {
      const decision = decide(user, info);
      counted[decision.level]!.inc();
      return decision;
    },
    emit(event) {
      total.inc();
      const text = eventText(event);
      let waits: Promise<boolean>[] | undefined;
      for (const backend of backends) {
        const stored = backend.write(event, text);
        if (stored !== undefined) (waits ??= []).push(stored);
      }
      return waits && Promise.all(waits).then((stored) => stored.every(Boolean));
    },
    async close() {
      await Promise.all(backends.map((backend) => backend.close()));
    },
  };
}
