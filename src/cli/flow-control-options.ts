import type { FlowControlSettings } from "../api/server-settings.ts";
import { CommandError, grouped, type Invocation } from "./command.ts";
import { durationOf, switchOf, wholeNumberOf } from "./number-option.ts";

/** Flow control under upstream's flags. */
export const flowControlOptions = grouped("Requests at once", {
  "enable-priority-and-fairness": {
    type: "string",
    value: "BOOL",
    description: "false: only so many requests at once, whoever they are from",
    default: "true",
  },
  "max-requests-inflight": {
    type: "string",
    value: "NUMBER",
    description: "reads at once; with the writes this is what fairness divides",
    default: "400",
  },
  "max-mutating-requests-inflight": {
    type: "string",
    value: "NUMBER",
    description: "writes at once",
    default: "200",
  },
  "request-timeout": {
    type: "string",
    value: "DURATION",
    description: "longest time of a request, but for watches and streams",
    default: "1m0s",
  },
  "min-request-timeout": {
    type: "string",
    value: "SECONDS",
    description: "least time of a watch that names none; it lasts up to twice as long",
    default: "1800",
  },
});

/** @throws CommandError on a value that is none */
export function watchSecondsOf(invocation: Invocation): number {
  const seconds = wholeNumberOf(invocation, "min-request-timeout", 1800);
  if (seconds > 0) return seconds;
  throw new CommandError("--min-request-timeout is more than 0", 2);
}

/** @throws CommandError on a value that is none */
export function requestTimeoutOf(invocation: Invocation): number {
  const milliseconds = durationOf(invocation, "request-timeout", 60_000);
  if (milliseconds > 0) return milliseconds;
  throw new CommandError("--request-timeout is more than 0", 2);
}

/** @throws CommandError on a value that is none */
export function flowControlOf(invocation: Invocation): FlowControlSettings {
  return {
    isFair: switchOf(invocation, "enable-priority-and-fairness", true),
    maxRequestsInFlight: wholeNumberOf(invocation, "max-requests-inflight", 400),
    maxMutatingRequestsInFlight: wholeNumberOf(invocation, "max-mutating-requests-inflight", 200),
  };
}
