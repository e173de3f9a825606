import { type Command, CommandError, type ExitCode, type Invocation } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption, outputOption, wantsJson } from "../defaults.ts";
import { readRunState } from "../run-state.ts";
import type { SecurityFinding } from "../security/finding.ts";

export const checkCommand: Command = {
  name: "check",
  summary: "look at the running cluster as the CIS Kubernetes Benchmark does",
  usage: "check security [options]",
  actions: { security: "the benchmark's checks: PASS, FAIL, or WARN for what only a person can decide" },
  options: {
    "data-dir": dataDirectoryOption,
    output: outputOption,
    verbose: { type: "boolean", description: "say for each check what was seen" },
  },
  examples: ["wherry check security", "wherry check security --output json"],
  async run(invocation: Invocation): Promise<ExitCode> {
    const dataDirectory = dataDirectoryOf(invocation);
    const state = readRunState(dataDirectory);
    if (state === undefined)
      throw new CommandError(`no cluster runs with ${dataDirectory}: bring it up first (wherry up)`, 3);
    const { checkSecurity } = await import("../security/check-security.ts");
    const findings = await checkSecurity({ dataDirectory, state, clock: invocation.clock });
    const counts = countResults(findings);
    if (wantsJson(invocation)) invocation.terminal.print(JSON.stringify({ ...counts, findings }, null, 2));
    else print(invocation, findings);
    return counts.fail === 0 ? 0 : 1;
  },
};

function countResults(findings: readonly SecurityFinding[]) {
  const count = (result: SecurityFinding["result"]): number => findings.filter((each) => each.result === result).length;
  return { pass: count("PASS"), fail: count("FAIL"), warn: count("WARN"), skip: count("SKIP") };
}

const COLORS: Readonly<Record<SecurityFinding["result"], number>> = { PASS: 32, FAIL: 31, WARN: 33, SKIP: 2 };

function print({ terminal, options }: Invocation, findings: readonly SecurityFinding[]): void {
  for (const { id, title, result, seen, remedy } of findings) {
    const mark = terminal.hasColors ? `\u001b[${COLORS[result]}m${result}\u001b[0m` : result;
    terminal.print(`${mark}  ${id.padEnd(7)} ${title}`);
    if (options.verbose === true || result === "FAIL") terminal.print(`              seen: ${seen}`);
    if (result === "FAIL") terminal.print(`              do:   ${remedy}`);
  }
  const warnings = findings.filter(({ result }) => result === "WARN");
  if (warnings.length > 0) {
    terminal.print("\nFor a person to decide:");
    for (const { id, remedy } of warnings) terminal.print(`  ${id.padEnd(7)} ${remedy}`);
  }
  const { pass, fail, warn, skip } = countResults(findings);
  terminal.print(`\n${pass} passed, ${fail} failed, ${warn} for a person to decide, ${skip} not about this cluster.`);
}
