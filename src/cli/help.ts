import type { Command, CommandOption } from "./command.ts";

const EXIT_CODES = `Exit codes: 0 done, 1 failed, 2 wrong command line, 3 nothing runs there, 4 something is missing on this machine,
5 the port or the data directory is in use.`;

/** What `wherry --help` prints. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const list = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    "Wherry: a whole Kubernetes in one small program.",
    "",
    "Usage: wherry <command> [options]",
    "",
    "Commands:",
    ...list,
    "",
    'Run "wherry <command> --help" for its options and an example.',
    "",
    EXIT_CODES,
  ].join("\n");
}

/** What `wherry <command> --help` prints. */
export function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, help: HELP });
  const names = options.map(([name, option]) => optionName(name, option));
  const width = Math.max(...names.map((name) => name.length).filter((length) => length <= NAME_WIDTH));
  const line = (name: string, text: string): string =>
    name.length <= width ? `  ${name.padEnd(width)}  ${text}` : `  ${name}\n  ${" ".repeat(width)}  ${text}`;
  return [
    command.summary,
    "",
    `Usage: wherry ${command.usage}`,
    "",
    ...actionLines(command),
    "Options:",
    ...options.map(([, option], index) => line(names[index]!, described(option))),
    "",
    command.examples.length === 1 ? "Example:" : "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
    EXIT_CODES,
  ].join("\n");
}

function actionLines({ actions = {} }: Command): string[] {
  const names = Object.keys(actions);
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = names.map((name) => `  ${name.padEnd(width)}  ${actions[name]}`);
  return lines.length === 0 ? [] : ["Actions:", ...lines, ""];
}

/** Longer names have a line of their own. */
const NAME_WIDTH = 20;

const HELP: CommandOption = { type: "boolean", description: "show this help", short: "h" };

function optionName(name: string, option: CommandOption): string {
  const short = option.short === undefined ? "" : `-${option.short}, `;
  return `${short}--${name}${option.type === "string" ? ` ${option.value ?? "VALUE"}` : ""}`;
}

function described(option: CommandOption): string {
  return option.default === undefined || option.default === ""
    ? option.description
    : `${option.description} (default ${option.default})`;
}
