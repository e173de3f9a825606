import type { ProgramOutput } from "../cli/program.ts";
import type { Progress } from "./environment.ts";

/** Steps as the command line shows them. */
export function outputProgress(output: ProgramOutput): Progress {
  return {
    async step(name, work, detail) {
      const end = output.step(name);
      try {
        const result = await work();
        end.done(detail?.(result));
        return result;
      } catch (error) {
        end.failed(error);
        throw error;
      }
    },
  };
}
