/** One line of a container's log file as CRI runtimes write it. */
export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** The line goes on with the next entry of this stream. */
  readonly partial: boolean;
  readonly text: string;
}

/** Parses `2026-01-02T03:04:05.000000006Z stdout F text`; undefined for a line that is cut off or not of this kind. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = /^(\S+) (stdout|stderr) ([FP])(?::\S+)? ?(.*)$/s.exec(line);
  if (match === null) return undefined;
  return { time: match[1]!, stream: match[2] as LogLine["stream"], partial: match[3] === "P", text: match[4]! };
}
