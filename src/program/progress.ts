import type { ProgramOutput } from "../cli/program.ts";
import type { Progress } from "./environment.ts";
import { explain } from "./explain.ts";

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
        const explained = explain(error);
        end.failed(explained);
        throw explained;
      }
    },
  };
}
