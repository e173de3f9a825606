import type { FlowControlSettings } from "../api/server-settings.ts";
import { grouped, type Invocation } from "./command.ts";
import { switchOf, wholeNumberOf } from "./number-option.ts";

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
});

/** @throws CommandError on a value that is none */
export function flowControlOf(invocation: Invocation): FlowControlSettings {
  return {
    isFair: switchOf(invocation, "enable-priority-and-fairness", true),
    maxRequestsInFlight: wholeNumberOf(invocation, "max-requests-inflight", 400),
    maxMutatingRequestsInFlight: wholeNumberOf(invocation, "max-mutating-requests-inflight", 200),
  };
}
