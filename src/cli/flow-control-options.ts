import type { FlowControlSettings } from "../api/server-settings.ts";
import { CommandError, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";
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
  "goaway-chance": {
    type: "string",
    value: "NUMBER",
    description: "which part of the requests over HTTP/2 asks its client to connect anew; at most 0.02",
    default: "0",
  },
});

const GOAWAY_CHANCE_MAX = 0.02;

/** @throws CommandError on a value that is none */
export function goAwayChanceOf(invocation: Invocation): number {
  const said = text(invocation, "goaway-chance") ?? "0";
  const chance = /^[\d.]+(?:e-?\d+)?$/i.test(said) ? Number(said) : Number.NaN;
  if (chance >= 0 && chance <= GOAWAY_CHANCE_MAX) return chance;
  throw new CommandError(`--goaway-chance is a number from 0 to ${GOAWAY_CHANCE_MAX}, not "${said}"`, 2);
}

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
