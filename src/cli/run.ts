import { parseArgs } from "node:util";
import { errorMessage } from "../base/assert.ts";
import { type Command, CommandError, type ExitCode, type Invocation, parseOptions } from "./command.ts";
import { commandHelp, programHelp } from "./help.ts";

export type RunContext = Omit<Invocation, "options" | "parameters">;

/** Finds the command, parses what follows, runs it, and turns errors into messages and exit codes. */
export async function runCommandLine(
  words: readonly string[],
  commands: readonly Command[],
  context: RunContext,
): Promise<ExitCode> {
  const [first, ...rest] = words;
  if (first === undefined || first === "help" || first === "-h" || first === "--help") {
    const wanted = commands.find((command) => command.name === rest[0]);
    context.terminal.print(wanted === undefined ? programHelp(commands) : commandHelp(wanted));
    return 0;
  }
  const name = first === "--version" || first === "-v" ? "version" : first;
  const command = commands.find((each) => each.name === name || each.aliases?.includes(name));
  if (command === undefined) {
    context.terminal.say(`wherry: there is no command "${first}"\nRun "wherry --help" to see all commands.`);
    return 2;
  }
  try {
    const invocation = parse(command, rest, context);
    if (invocation !== undefined) return await command.run(invocation);
    context.terminal.print(commandHelp(command));
    return 0;
  } catch (error) {
    context.terminal.say(`wherry ${command.name}: ${errorMessage(error)}`);
    if (error instanceof CommandError) return error.exitCode;
    return 1;
  }
}

/** Undefined when help was asked for. @throws CommandError (2) on options that are not there */
function parse(command: Command, words: readonly string[], context: RunContext): Invocation | undefined {
  if (command.passThrough === true) return { ...context, options: {}, parameters: words };
  const parsed = readWords(command, words);
  if (parsed.values.help === true) return undefined;
  const options: Record<string, string | boolean | undefined> = {};
  for (const [name, option] of Object.entries(command.options)) {
    const value = parsed.values[name];
    options[name] = typeof value === "string" || typeof value === "boolean" ? value : option.default;
  }
  return { ...context, options, parameters: parsed.positionals };
}

function readWords(command: Command, words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: parseOptions(command), allowPositionals: true });
  } catch (error) {
    const message = errorMessage(error).split(". ")[0];
    throw new CommandError(`${message}\nRun "wherry ${command.name} --help" to see its options.`, 2);
  }
}
