/** A line of a container's log as the runtime writes it: `<time> <stream> <tags> <text>`. */
export interface CriLine {
  /** RFC 3339 with nanoseconds, as it stands in the file. */
  readonly time: string;
  readonly stream: string;
  /** The container wrote on: the next line of this stream belongs to the same line of output. */
  readonly partial: boolean;
  /** What the container wrote, with its line end unless partial. */
  readonly text: Buffer;
}

const SPACE = 0x20;
const NEW_LINE = 0x0a;

/** Takes a line (with its line end) apart; undefined for what is no such line. Bytes of the text are not looked at. */
export function parseCriLine(line: Buffer): CriLine | undefined {
  const afterTime = line.indexOf(SPACE);
  const afterStream = line.indexOf(SPACE, afterTime + 1);
  if (afterTime < 0 || afterStream < 0) return undefined;
  // A runtime that died in the middle may have left a line without text.
  const space = line.indexOf(SPACE, afterStream + 1);
  const afterTags = space < 0 ? line.length - (line.at(-1) === NEW_LINE ? 1 : 0) : space;
  const stream = line.toString("latin1", afterTime + 1, afterStream);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const partial = line.toString("latin1", afterStream + 1, afterTags).split(":")[0] === "P";
  const start = space < 0 ? afterTags : afterTags + 1;
  const end = partial && line.at(-1) === NEW_LINE ? line.length - 1 : line.length;
  return { time: line.toString("latin1", 0, afterTime), stream, partial, text: line.subarray(start, end) };
}

/** Cuts bytes into lines, whatever pieces they come in. A line beyond the limit is given in parts. */
export class LineSplitter {
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** The lines that are complete now, with their line ends. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, start)) {
      lines.push(this.#take(chunk.subarray(start, end + 1)));
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#pending.push(Buffer.from(chunk.subarray(start)));
      this.#pendingBytes += chunk.length - start;
      if (this.#pendingBytes > LINE_LIMIT_BYTES) lines.push(this.#take(Buffer.alloc(0)));
    }
    return lines;
  }

  /** What is left when nothing follows: a line without its end, if any. */
  flush(): Buffer[] {
    return this.#pendingBytes === 0 ? [] : [this.#take(Buffer.alloc(0))];
  }

  #take(last: Buffer): Buffer {
    const line = this.#pendingBytes === 0 ? last : Buffer.concat([...this.#pending, last]);
    this.#pending = [];
    this.#pendingBytes = 0;
    return line;
  }
}

/** Runtimes cut lines at 16 KiB; no sane line is longer than this. */
const LINE_LIMIT_BYTES = 1024 * 1024;
