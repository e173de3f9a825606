import { VirtualClock } from "../../base/virtual-clock.ts";
import { lazyBackups } from "../backups.ts";
import { lazyKeys } from "../cluster-keys.ts";
import type { Terminal } from "../command.ts";
import type { Program } from "../program.ts";
import type { RunContext } from "../run.ts";

/** A terminal that keeps what was written, and a program that must not be asked for anything. */
export function recording(environment: Readonly<Record<string, string | undefined>> = {}) {
  const printed: string[] = [];
  const said: string[] = [];
  const terminal: Terminal = {
    print: (text) => void printed.push(text),
    say: (text) => void said.push(text),
    write: (text) => void said.push(text),
    isInteractive: false,
    hasColors: false,
  };
  const never = (): never => {
    throw new Error("the program was asked for something");
  };
  const program: Program = {
    up: never,
    part: never,
    cleanUp: async () => ({ kept: [] }),
    keys: lazyKeys(never),
    backups: lazyBackups(never),
  };
  const context: RunContext = {
    terminal,
    program,
    clock: new VirtualClock(),
    environment,
    signal: new AbortController().signal,
  };
  return { context, printed: () => printed.join("\n"), said: () => said.join("\n") };
}
