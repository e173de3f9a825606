import type { ProgramOutput } from "../cli/program.ts";
import type { Progress } from "./environment.ts";
import { explain } from "./explain.ts";

/** Steps as the command line shows them. Once the signal has aborted no further one begins. */
export function outputProgress(output: ProgramOutput, signal?: AbortSignal): Progress {
  return {
    async step(name, work, detail) {
      signal?.throwIfAborted();
      const end = output.step(name);
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
