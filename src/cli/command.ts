import type { ParseArgsOptionsConfig } from "node:util";
import type { Clock } from "../base/clock.ts";
import type { Program } from "./program.ts";

/**
 * The seam of the command line: one file a command, all of them listed in commands.ts. A command gets parsed options and
 * answers an exit code; it prints through the terminal and never ends the process itself.
 */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Heading under which the list of commands has it. */
  readonly group?: string;
  /** `up [options]`, without the program's name. */
  readonly usage: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Command lines that work as they stand. */
  readonly examples: readonly string[];
  /** Words of which one may follow the command, with what each does; it is the first parameter. */
  readonly actions?: Readonly<Record<string, string>>;
  /** What one more word behind the action is (FILE). */
  readonly parameter?: string;
  /** Everything behind the command goes to it unparsed (kubectl). */
  readonly passThrough?: true;
  /** Other words for it. */
  readonly aliases?: readonly string[];
  run(invocation: Invocation): Promise<ExitCode>;
}

export interface CommandOption {
  readonly type: "string" | "boolean";
  readonly description: string;
  /** What stands for the value in help, e.g. DIR. */
  readonly value?: string;
  readonly default?: string;
  readonly short?: string;
  /** It may be given several times: its value is a list. */
  readonly isRepeatable?: true;
  /** Heading of its own in help; those without one come first. */
  readonly group?: string;
}

/** The same options under a heading of help. */
export function grouped(
  group: string,
  options: Readonly<Record<string, CommandOption>>,
): Readonly<Record<string, CommandOption>> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, { ...option, group }]));
}

export type OptionValue = string | boolean | readonly string[];

export interface Invocation {
  readonly options: Readonly<Record<string, OptionValue | undefined>>;
  readonly parameters: readonly string[];
  readonly terminal: Terminal;
  readonly program: Program;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C, SIGTERM, and when the terminal is closed. */
  readonly signal: AbortSignal;
}

export interface Terminal {
  /** Results, on standard output. */
  print(text: string): void;
  /** Everything else, on standard error. */
  say(text: string): void;
  /** Rewrites the last line while something goes on; only on a terminal. */
  readonly isInteractive: boolean;
  readonly hasColors: boolean;
  write(text: string): void;
}

/**
 * Exit codes: 0 done; 1 failed; 2 the command line is wrong; 3 nothing runs there (status, down); 4 something needed is
 * missing on this machine; 5 the port or the data directory is in use.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5;

/** Ends a command with a message for people and its exit code. */
export class CommandError extends Error {
  override name = "CommandError";
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The options as node:util parseArgs takes them. */
export function parseOptions(command: Command): ParseArgsOptionsConfig {
  const config: ParseArgsOptionsConfig = { help: { type: "boolean", short: "h" } };
  for (const [name, option] of Object.entries(command.options)) {
    config[name] = {
      type: option.type,
      multiple: option.isRepeatable === true,
      ...(option.short === undefined ? {} : { short: option.short }),
    };
  }
  return config;
}
