import { CommandError, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";
import { texts } from "./option-values.ts";

const FLAG = "strict-transport-security-directives";
const ORIGINS = "cors-allowed-origins";

/** What browsers are told of the server, under upstream's flags. */
export const transportSecurityOptions = grouped("HTTPS", {
  [FLAG]: {
    type: "string",
    value: "DIRECTIVE,…",
    description: "tell browsers to come by HTTPS alone: max-age=SECONDS, includeSubDomains, preload",
  },
  [ORIGINS]: {
    type: "string",
    value: "LIST",
    description: "pages that may read answers: regular expressions such as //example\\.com(:|$); may be repeated",
    isRepeatable: true,
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

/**
 * Patterns of the origins whose pages may read answers; undefined when there are none.
 * @throws CommandError where one is open at an end, as upstream: `example.com` would be good for `example.com.evil.org`
 */
export function allowedOriginsOf(invocation: Invocation): readonly string[] | undefined {
  const patterns = texts(invocation, ORIGINS)?.flatMap((given) => given.split(","));
  for (const pattern of patterns ?? []) {
    if (pattern === "") throw new CommandError(`--${ORIGINS} has an empty value`, 2);
    if (/\^|\/\//.test(pattern) && /[$:]/.test(pattern)) continue;
    throw new CommandError(
      `--${ORIGINS} has an invalid regular expression: "${pattern}" does not pin to start/end of host in the origin header: ` +
        "begin it with ^ or //, and end it with $ or (:|$)",
      2,
    );
  }
  return patterns;
}
