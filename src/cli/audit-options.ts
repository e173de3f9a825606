import { resolve } from "node:path";
import type { AuditMode, AuditTruncation, AuditWebhookSettings } from "../api/server-settings.ts";
import type { AuditChoice } from "./choices.ts";
import { CommandError, type CommandOption, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";
import { durationOf, switchOf, wholeNumberOf } from "./number-option.ts";

/** Auditing under upstream's flags. */
export const auditOptions = grouped("Audit", {
  "audit-policy-file": file("which requests are audited, and how much of them (default: who did what, no bodies)"),
  "audit-log-path": file("where events are written, - for standard output (default DIR/audit/audit.log)"),
  "audit-log-format": option("FORMAT", "json or legacy", "json"),
  "audit-log-maxage": option("DAYS", "older files are deleted; 0 keeps them", "30"),
  "audit-log-maxbackup": option("NUMBER", "how many older files are kept; 0 keeps all", "10"),
  "audit-log-maxsize": option("MB", "a file of this size is put aside", "100"),
  "audit-log-mode": mode("log", "batch"),
  ...truncateOptions("log"),
  "audit-webhook-config-file": file("kubeconfig of a webhook that gets the events as well"),
  "audit-webhook-initial-backoff": option("DURATION", "before the first retry", "10s"),
  "audit-webhook-batch-buffer-size": option("NUMBER", "events that may wait; more are dropped and counted", "10000"),
  "audit-webhook-batch-max-size": option("NUMBER", "events in one call", "400"),
  "audit-webhook-batch-max-wait": option("DURATION", "how long a call waits to be full", "30s"),
  "audit-webhook-batch-throttle-enable": option("BOOL", "whether calls are throttled", "true"),
  "audit-webhook-batch-throttle-qps": option("NUMBER", "calls a second", "10"),
  "audit-webhook-batch-throttle-burst": option("NUMBER", "calls at once after a rest", "15"),
  "audit-webhook-mode": mode("webhook", "batch"),
  ...truncateOptions("webhook"),
});

/** @throws CommandError on a value that is none */
export function auditOf(invocation: Invocation): AuditChoice {
  const format = text(invocation, "audit-log-format") ?? "json";
  if (format !== "json" && format !== "legacy") {
    throw new CommandError(`--audit-log-format is json or legacy, not "${format}"`, 2);
  }
  const policyFile = text(invocation, "audit-policy-file");
  const logPath = text(invocation, "audit-log-path");
  const webhook = webhookOf(invocation);
  return {
    ...(policyFile === undefined ? {} : { policyFile: resolve(policyFile) }),
    ...(logPath === undefined ? {} : { logPath: logPath === "-" ? logPath : resolve(logPath) }),
    log: {
      format,
      maxAgeDays: wholeNumberOf(invocation, "audit-log-maxage", 30),
      maxBackups: wholeNumberOf(invocation, "audit-log-maxbackup", 10),
      maxSizeMegabytes: wholeNumberOf(invocation, "audit-log-maxsize", 100),
      mode: modeOf(invocation, "log"),
      truncate: truncationOf(invocation, "log"),
    },
    ...(webhook === undefined ? {} : { webhook }),
  };
}

function webhookOf(invocation: Invocation): AuditWebhookSettings | undefined {
  const batch = {
    bufferSize: wholeNumberOf(invocation, "audit-webhook-batch-buffer-size", 10_000),
    maxSize: wholeNumberOf(invocation, "audit-webhook-batch-max-size", 400),
    maxWaitMs: durationOf(invocation, "audit-webhook-batch-max-wait", 30_000),
    throttlePerSecond: switchOf(invocation, "audit-webhook-batch-throttle-enable", true)
      ? wholeNumberOf(invocation, "audit-webhook-batch-throttle-qps", 10)
      : 0,
    throttleBurst: wholeNumberOf(invocation, "audit-webhook-batch-throttle-burst", 15),
    initialBackoffMs: durationOf(invocation, "audit-webhook-initial-backoff", 10_000),
  };
  if (batch.maxSize === 0) throw new CommandError("--audit-webhook-batch-max-size is at least 1", 2);
  const configFile = text(invocation, "audit-webhook-config-file");
  return configFile === undefined
    ? undefined
    : {
        configFile: resolve(configFile),
        ...batch,
        mode: modeOf(invocation, "webhook"),
        truncate: truncationOf(invocation, "webhook"),
      };
}

function modeOf(invocation: Invocation, backend: Backend): AuditMode {
  const mode = text(invocation, `audit-${backend}-mode`) ?? "batch";
  if (mode === "batch" || mode === "blocking" || mode === "blocking-strict") return mode;
  throw new CommandError(`--audit-${backend}-mode is batch, blocking or blocking-strict, not "${mode}"`, 2);
}

function truncationOf(invocation: Invocation, backend: Backend): AuditTruncation | undefined {
  const maxEventBytes = wholeNumberOf(invocation, `audit-${backend}-truncate-max-event-size`, 102_400);
  const maxBatchBytes = wholeNumberOf(invocation, `audit-${backend}-truncate-max-batch-size`, 10_485_760);
  if (!switchOf(invocation, `audit-${backend}-truncate-enabled`, false)) return undefined;
  if (maxEventBytes === 0 || maxBatchBytes < maxEventBytes) {
    throw new CommandError(
      `--audit-${backend}-truncate-max-event-size is at least 1, and at most --audit-${backend}-truncate-max-batch-size`,
      2,
    );
  }
  return { maxEventBytes, maxBatchBytes };
}

type Backend = "log" | "webhook";

function mode(backend: Backend, standard: AuditMode): CommandOption {
  const events = backend === "log" ? "lines" : "calls";
  return option("MODE", `batch: requests wait for no ${events}; blocking: they do; blocking-strict: or fail`, standard);
}

function truncateOptions(backend: Backend): Record<string, CommandOption> {
  const named = (name: string): string => `audit-${backend}-truncate-${name}`;
  return {
    [named("enabled")]: option("BOOL", "whether large events lose their objects", "false"),
    [named("max-event-size")]: option("BYTES", "an event that is larger loses its objects, or is dropped", "102400"),
    [named("max-batch-size")]: option("BYTES", "events sent together are no more than this", "10485760"),
  };
}

function file(description: string): CommandOption {
  return { type: "string", value: "FILE", description };
}

function option(value: string, description: string, standard: string): CommandOption {
  return { type: "string", value, description, default: standard };
}
