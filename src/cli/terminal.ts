import type { Clock } from "../base/clock.ts";
import type { Terminal } from "./command.ts";
import type { ProgramOutput, StepEnd } from "./program.ts";

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** The terminal that a person sees, or the pipe that a script reads: colours and moving lines only on the first. */
export function createTerminal(
  streams: { readonly out: Stream; readonly error: Stream },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isInteractive = streams.error.isTTY === true && environment.TERM !== "dumb";
  return {
    print: (text) => void streams.out.write(text.endsWith("\n") ? text : `${text}\n`),
    say: (text) => void streams.error.write(text.endsWith("\n") ? text : `${text}\n`),
    write: (text) => void streams.error.write(text),
    isInteractive,
    hasColors: isInteractive && (environment.NO_COLOR ?? "") === "",
  };
}

const STEP_WIDTH = 14;

/** One line a step: a mark, the name, its time, a detail. */
export function progressOutput(terminal: Terminal, clock: Clock, log: (line: string) => void): ProgramOutput {
  const paint = (code: number, text: string): string => (terminal.hasColors ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    step(name): StepEnd {
      const startedAt = clock.monotonic();
      const line = (mark: string, rest: string): void => {
        const time = `${(clock.monotonic() - startedAt).toFixed(0)} ms`.padStart(8);
        terminal.say(`${mark} ${name.padEnd(STEP_WIDTH)} ${paint(2, time)}${rest === "" ? "" : `  ${rest}`}`);
      };
      return {
        done: (detail) => line(paint(32, "✓"), detail ?? ""),
        // Why is told once, by the command that fails of it.
        failed: () => line(paint(31, "✗"), ""),
      };
    },
    notice: (text) => terminal.say(`${paint(33, "!")} ${text}`),
    log,
  };
}
