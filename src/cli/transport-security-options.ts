import { CommandError, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";

const FLAG = "strict-transport-security-directives";

/** What browsers are told of the server, under upstream's flag. */
export const transportSecurityOptions = grouped("HTTPS", {
  [FLAG]: {
    type: "string",
    value: "DIRECTIVE,…",
    description: "tell browsers to come by HTTPS alone: max-age=SECONDS, includeSubDomains, preload",
  },
});

/** The header Strict-Transport-Security; undefined when there is to be none. @throws CommandError on other directives */
export function transportSecurityOf(invocation: Invocation): string | undefined {
  const directives = (text(invocation, FLAG) ?? "").split(",").filter((each) => each !== "");
  const isKnown = (each: string) => /^(?:max-age=\d+|includeSubDomains|preload)$/.test(each);
  const odd = directives.find((each) => !isKnown(each));
  if (odd !== undefined) {
    const allowed = "max-age=SECONDS, includeSubDomains and preload";
    throw new CommandError(`--${FLAG} has ${allowed}, not "${odd}"`, 2);
  }
  return directives.length === 0 ? undefined : directives.join("; ");
}
