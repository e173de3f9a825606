import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StatusError } from "../../../api/status.ts";
import { errorMessage } from "../../../base/assert.ts";
import { runCommand } from "../../../base/run-command.ts";
import { openEntry } from "./log-directory.ts";
import type { NodeLogOptions, NodeLogQuery } from "./query.ts";

/** What journalctl is told. Pure. */
export function journalArguments(services: readonly string[], options: NodeLogOptions): string[] {
  const { sinceMs, untilMs, tailLines, pattern, boot } = options;
  return [
    ...["--utc", "--no-pager", "--output=short-precise"],
    ...(sinceMs === undefined ? [] : [`--since=${journalTime(sinceMs)}`]),
    ...(untilMs === undefined ? [] : [`--until=${journalTime(untilMs)}`]),
    ...(tailLines === undefined ? [] : ["--pager-end", `--lines=${tailLines}`]),
    ...services.map((service) => `--unit=${service}`),
    ...(pattern === undefined ? [] : [`--grep=${pattern}`]),
    ...(boot === undefined ? [] : ["--boot", String(boot)]),
  ];
}

function journalTime(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/**
 * Writes what services logged: those that the journal knows from there, others from `<service>`, `<service>.log` or
 * `<service>/<service>.log` below the directory. What goes wrong is a line of what is written, as upstream's.
 */
export async function writeServiceLogs(
  { services, options }: NodeLogQuery,
  to: { directory: string; output: Writable; signal: AbortSignal },
): Promise<void> {
  const { output, signal } = to;
  const { code, stdout } = await runCommand("journalctl", ["--field", "_SYSTEMD_UNIT"], { signal });
  const units = new Set(code === 0 ? stdout.split("\n") : []);
  const isNative = (service: string) => units.has(`${service}.service`);
  const native = services.filter(isNative);
  const others = services.filter((service) => !isNative(service));
  if (native.length > 0) await writeJournal(journalArguments(native, options), output, signal);
  if (others.length > 0 && Object.keys(options).length > 0) {
    output.write(
      `\noptions present and query resolved to log files for [${others.join(" ")}]\ntry without specifying options\n`,
    );
    return;
  }
  for (const service of others) await writeFileOf(service, to);
}

async function writeJournal(args: readonly string[], output: Writable, signal: AbortSignal): Promise<void> {
  const journal = spawn("journalctl", args, { stdio: ["ignore", "pipe", "pipe"], signal });
  const failed = new Promise<boolean>((resolve) => {
    journal.on("error", () => resolve(journal.pid === undefined));
    journal.on("close", () => resolve(false));
  });
  await Promise.all([journal.stdout, journal.stderr].map((part) => pipeline(part, output, { end: false, signal })));
  if (await failed) output.write("\nerror: journal output not available\n");
}

async function writeFileOf(
  service: string,
  { directory, output, signal }: { directory: string; output: Writable; signal: AbortSignal },
): Promise<void> {
  for (const name of [service, `${service}.log`, `${service}/${service}.log`]) {
    try {
      const entry = await openEntry(directory, name);
      if (entry.kind === "directory") continue;
      await pipeline(entry.file.createReadStream(), output, { end: false, signal });
      return;
    } catch (error) {
      if (error instanceof StatusError && error.status.code === 404) continue;
      if (signal.aborted) return;
      output.write(`\nerror getting log for ${service}: ${errorMessage(error)}\n`);
      return;
    }
  }
  output.write(`\nlog not found for ${service}\n`);
}
