import { RuntimeError, type RuntimeService } from "../cri/runtime.ts";
import type { ProbeOutcome } from "./prober.ts";

const MAX_OUTPUT = 10 * 1024;

/** Success when the command ends with 0 in time. */
export async function execProbe(
  runtime: RuntimeService,
  containerId: string,
  { command, timeoutSeconds }: { command: readonly string[]; timeoutSeconds: number },
): Promise<ProbeOutcome & { unknown?: boolean }> {
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(containerId, command, timeoutSeconds);
    const output = Buffer.concat([stdout, stderr]).toString("utf8").slice(0, MAX_OUTPUT);
    return { success: exitCode === 0, output };
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "DeadlineExceeded") {
      return {
        success: false,
        output: `command timed out: ${JSON.stringify(command.join(" "))} timed out after ${timeoutSeconds}s`,
      };
    }
    // That the command could not be run says nothing about the container.
    return { success: false, unknown: true, output: (error as Error).message };
  }
}
