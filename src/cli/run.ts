import { parseArgs } from "node:util";
import { errorMessage } from "../base/assert.ts";
import { isDiskFull, whyNotWritten } from "../base/disk-error.ts";
import {
  type Command,
  CommandError,
  type ExitCode,
  type Invocation,
  type OptionValue,
  parseOptions,
} from "./command.ts";
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
    const wanted = rest[0] === undefined ? undefined : findCommand(rest[0], commands);
    if (rest[0] !== undefined && wanted === undefined) return unknownCommand(rest[0], context);
    context.terminal.print(wanted === undefined ? programHelp(commands) : commandHelp(wanted));
    return 0;
  }
  const command = findCommand(first === "--version" || first === "-v" ? "version" : first, commands);
  if (command === undefined) return unknownCommand(first, context);
  try {
    const invocation = parse(command, rest, context);
    if (invocation !== undefined) return await command.run(invocation);
    context.terminal.print(commandHelp(command));
    return 0;
  } catch (error) {
    context.terminal.say(`wherry ${command.name}: ${isDiskFull(error) ? whyNotWritten(error) : errorMessage(error)}`);
    if (error instanceof CommandError) return error.exitCode;
    return 1;
  }
}

function findCommand(name: string, commands: readonly Command[]): Command | undefined {
  return commands.find((command) => command.name === name || command.aliases?.includes(name));
}

function unknownCommand(name: string, { terminal }: RunContext): ExitCode {
  terminal.say(`wherry: there is no command "${name}"\nRun "wherry --help" to see all commands.`);
  return 2;
}

/** Undefined when help was asked for. @throws CommandError (2) on words and options that are not there */
function parse(command: Command, words: readonly string[], context: RunContext): Invocation | undefined {
  const { own, rest } = command.passThrough === true ? leadingOptions(command, words) : { own: words, rest: [] };
  const parsed = readWords(command, own);
  if (parsed.values.help === true) return undefined;
  const [action, ...others] = parsed.positionals;
  const isAction = action !== undefined && command.actions !== undefined && Object.hasOwn(command.actions, action);
  const taken = isAction && command.parameter !== undefined ? others.slice(0, 1) : [];
  const tooMuch = isAction ? others.slice(taken.length) : parsed.positionals;
  if (tooMuch.length > 0) {
    const known = command.actions === undefined ? "options" : Object.keys(command.actions).join(", ");
    throw new CommandError(
      `"${tooMuch.join(" ")}" is too much: there are only ${known}\nRun "wherry ${command.name} --help" to see them.`,
      2,
    );
  }
  const options: Record<string, OptionValue | undefined> = {};
  for (const [name, option] of Object.entries(command.options)) {
    // The types are those that the command's options have: texts, or lists of them.
    options[name] = (parsed.values[name] as OptionValue | undefined) ?? option.default;
  }
  return { ...context, options, parameters: isAction ? [action, ...taken] : rest };
}

/** The command's own options come first; from the first other word on all belongs to whom it is passed on to. */
function leadingOptions(command: Command, words: readonly string[]): { own: string[]; rest: readonly string[] } {
  let index = 0;
  while (index < words.length) {
    const [name, value] = words[index]!.split("=", 2) as [string, string?];
    const option = name.startsWith("--") ? command.options[name.slice(2)] : undefined;
    if (option === undefined && name !== "--help" && name !== "-h") break;
    index += option?.type === "string" && value === undefined ? 2 : 1;
  }
  return { own: words.slice(0, index), rest: words.slice(index) };
}

function readWords(command: Command, words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: parseOptions(command), allowPositionals: true });
  } catch (error) {
    const message = errorMessage(error).split(". ")[0];
    throw new CommandError(`${message}\nRun "wherry ${command.name} --help" to see its options.`, 2);
  }
}
