import type { ContainerStatus } from "./cri/state.ts";
import { TERMINATION_MESSAGE_FILE_ANNOTATION, TERMINATION_MESSAGE_POLICY_ANNOTATION } from "./labels.ts";
import { parseCriLine } from "./server/logs/cri-line.ts";
import type { VolumeFiles } from "./volumes/files.ts";

const MAX_MESSAGE_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** What an exited container wrote about its end: its termination message, or the tail of its log where it asks for that. */
export async function terminationMessage(status: ContainerStatus, files: VolumeFiles): Promise<string> {
  if (status.message !== "" && status.startedAtMs === 0) return status.message;
  const path = status.annotations[TERMINATION_MESSAGE_FILE_ANNOTATION];
  const written = path === undefined ? "" : ((await files.readTail(path, MAX_MESSAGE_BYTES)) ?? "");
  if (written !== "" || status.exitCode === 0) return written || status.message;
  if (status.annotations[TERMINATION_MESSAGE_POLICY_ANNOTATION] !== "FallbackToLogsOnError") return status.message;
  const tail = (await files.readTail(status.logPath, 4 * MAX_LOG_BYTES)) ?? "";
  const lines = tail.split(/(?<=\n)/).map((line) => parseCriLine(Buffer.from(line))?.text.toString() ?? "");
  return lines.slice(-MAX_LOG_LINES).join("").slice(-MAX_LOG_BYTES);
}
