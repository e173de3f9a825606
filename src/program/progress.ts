import { nextTurn } from "../base/turn.ts";
import type { ProgramOutput } from "../cli/program.ts";
import type { Progress } from "./environment.ts";
import { explain } from "./explain.ts";

/** Steps as the command line shows them. Once the signal has aborted no further one begins. */
export function outputProgress(output: ProgramOutput, signal?: AbortSignal): Progress {
  return {
    async step(name, work, detail) {
      signal?.throwIfAborted();
      const end = output.step(name);
      // Whoever waits for what the step before made hears of it now, and not when this one is through.
      await nextTurn();
      try {
        const result = await work();
        end.done(detail?.(result));
        return result;
      } catch (error) {
        const explained = explain(error);
        end.failed(explained);
        throw explained;
      }
    },
  };
}
