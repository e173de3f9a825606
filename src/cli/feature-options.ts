import { type FeaturesOff, featuresOff } from "../api/feature-gates.ts";
import { errorMessage } from "../base/assert.ts";
import { CommandError, grouped, type Invocation } from "./command.ts";
import { list } from "./option-values.ts";

/** Upstream's feature gates. */
export const featureOptions = grouped("Features", {
  "feature-gates": {
    type: "string",
    value: "NAME=BOOL,…",
    isRepeatable: true,
    description: "features that are on by default, and shall be off",
  },
});

/** @throws CommandError on gates that are not there, or cannot be set so */
export function featuresOffOf(invocation: Invocation): FeaturesOff {
  try {
    return featuresOff(list(invocation, "feature-gates") ?? []);
  } catch (error) {
    throw new CommandError(`--feature-gates: ${errorMessage(error)}`, 2);
  }
}
