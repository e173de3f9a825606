import type { Command, CommandOption } from "./command.ts";

const EXIT_CODES = `Exit codes: 0 done, 1 failed, 2 wrong command line, 3 nothing runs there, 4 something is missing on this machine,
5 the port or the data directory is in use.`;

/** What `wherry --help` prints. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    "Wherry: a whole Kubernetes in one small program.",
    "",
    "Usage: wherry <command> [options]",
    "",
    ...sections(
      "Commands",
      commands.map((command) => [command.group, [`  ${command.name.padEnd(width)}  ${command.summary}`]]),
    ),
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
  const lines = (name: string, text: string): string[] =>
    name.length <= width ? [`  ${name.padEnd(width)}  ${text}`] : [`  ${name}`, `  ${" ".repeat(width)}  ${text}`];
  return [
    command.summary,
    "",
    `Usage: wherry ${command.usage}`,
    "",
    ...actionLines(command),
    ...sections(
      "Options",
      options.map(([, option], index) => [option.group, lines(names[index]!, described(option))]),
    ),
    command.examples.length === 1 ? "Example:" : "Examples:",
    ...command.examples.map((example) => `  ${example}`),
    "",
    EXIT_CODES,
  ].join("\n");
}

/** Lines under their headings, each section with an empty line behind it; what has no heading of its own comes first. */
function sections(title: string, entries: readonly (readonly [string | undefined, readonly string[]])[]): string[] {
  const byHeading = Map.groupBy(entries, ([heading]) => heading);
  const inOrder = [...byHeading].sort(([a], [b]) => Number(a !== undefined) - Number(b !== undefined));
  return inOrder.flatMap(([heading, of]) => [`${heading ?? title}:`, ...of.flatMap(([, lines]) => lines), ""]);
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
