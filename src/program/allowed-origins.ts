import { loadPatternEngine } from "../api/structural/pattern.ts";
import { errorMessage } from "../base/assert.ts";
import { CommandError } from "../cli/command.ts";

/** Whether an origin is one of these, which are regular expressions of Go. @throws CommandError (2) when one is none */
export async function allowedOrigins(patterns: readonly string[]): Promise<(origin: string) => boolean> {
  const engine = await loadPatternEngine();
  const matchers = patterns.map((pattern) => {
    try {
      return engine.compile(pattern);
    } catch (error) {
      throw new CommandError(`--cors-allowed-origins has an invalid regular expression: ${errorMessage(error)}`, 2);
    }
  });
  return (origin) => matchers.some((matches) => matches(origin));
}
