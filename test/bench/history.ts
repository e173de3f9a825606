import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { MachineFacts } from "./machine.ts";
import type { Measurements } from "./workload.ts";

/** One workload of one run. */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly workload: string;
  readonly measurements: Measurements;
  /** What the same workload measured on another API server in the same run. */
  readonly peer?: { readonly version: string; readonly measurements: Measurements };
  readonly machine: MachineFacts;
}

/** All entries, oldest first. @throws Error that names the line that is not one */
export function readHistory(file: string): HistoryEntry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    try {
      return [JSON.parse(line) as HistoryEntry];
    } catch {
      throw new Error(`${file}:${index + 1} is not JSON: a line a run, or delete it`);
    }
  });
}

export function appendHistory(file: string, entry: HistoryEntry): void {
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}
