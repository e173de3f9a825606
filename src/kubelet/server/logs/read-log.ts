import { type FileHandle, open, stat } from "node:fs/promises";
import type { Clock } from "../../../base/clock.ts";
import type { ContainerLog } from "../../handle.ts";
import { fileChanges } from "./changes.ts";
import { LineSplitter } from "./cri-line.ts";
import type { LogOptions } from "./options.ts";
import { rotatedFiles } from "./rotated.ts";
import { LogSelection } from "./selection.ts";
import { findTail } from "./tail.ts";

const READ_BYTES = 64 * 1024;

interface OpenLog {
  readonly file: FileHandle;
  readonly inode: number;
  offset: number;
  readonly lines: LineSplitter;
  /** Where the last lines that were counted end: who asked for that many gets no more, though the container writes on. */
  tailEnd?: number;
}

export interface ReadContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * A container's log as the client asked for it, also across rotations; with `follow` until the container has ended and
 * everything is read. Ends early when the signal aborts. Reads on only when the consumer takes what was read.
 */
export async function* readLog(log: ContainerLog, options: LogOptions, context: ReadContext): AsyncGenerator<Buffer> {
  const selection = new LogSelection(options);
  const { older, current } = await openAtStart(log.path, options);
  let open: OpenLog | undefined = current;
  try {
    for (const part of older) {
      yield* readToEnd(part, { selection, signal: context.signal, last: true });
    }
    if (!options.follow) {
      if (open !== undefined)
        yield* readToEnd(open, { selection, signal: context.signal, last: true, end: open.tailEnd });
      return;
    }
    yield* follow(log, selection, {
      ...context,
      current: () => open,
      replace: (next) => {
        open = next;
      },
    });
  } finally {
    await Promise.all(
      [...older, ...(open === undefined ? [] : [open])].map((each) => each.file.close().catch(() => {})),
    );
  }
}

async function* follow(
  log: ContainerLog,
  selection: LogSelection,
  context: ReadContext & { current(): OpenLog | undefined; replace(next: OpenLog): void },
): AsyncGenerator<Buffer> {
  const { signal } = context;
  let ended = !log.running;
  void log.exited.then(() => {
    ended = true;
  });
  const changes = fileChanges(log.path, { clock: context.clock, ended: log.exited, signal });
  try {
    while (!signal.aborted && !selection.done) {
      // Noted before reading: what was written until the end is read in this round at the latest.
      const last = ended;
      const open = context.current();
      if (open !== undefined) yield* readToEnd(open, { selection, signal, last: false });
      const next = await successor(log.path, open);
      if (next !== undefined) {
        if (open !== undefined) {
          yield* readToEnd(open, { selection, signal, last: true });
          await open.file.close();
        }
        context.replace(next);
      } else if (last) {
        if (open !== undefined) yield* selection.select(open.lines.flush());
        return;
      } else await changes.next();
    }
  } finally {
    changes.close();
  }
}

async function* readToEnd(
  open: OpenLog,
  context: { selection: LogSelection; signal: AbortSignal; last: boolean; end?: number | undefined },
): AsyncGenerator<Buffer> {
  const { selection, signal, end = Number.POSITIVE_INFINITY } = context;
  while (!signal.aborted && !selection.done && open.offset < end) {
    const block = Buffer.allocUnsafe(Math.min(READ_BYTES, end - open.offset));
    const { bytesRead } = await open.file.read(block, 0, block.length, open.offset);
    if (bytesRead === 0) break;
    open.offset += bytesRead;
    const bytes = selection.select(open.lines.push(block.subarray(0, bytesRead)));
    if (bytes.length > 0) yield bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes);
  }
  if (context.last && !selection.done) yield* selection.select(open.lines.flush());
}

/** The file that is the log now, if it is another one than that which is open. A log that was cut off starts again. */
async function successor(path: string, open: OpenLog | undefined): Promise<OpenLog | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return undefined;
  if (open === undefined || facts.ino !== open.inode) return openFile(path);
  if (facts.size < open.offset) open.offset = 0;
  return undefined;
}

async function openFile(path: string): Promise<OpenLog | undefined> {
  try {
    const file = await open(path, "r");
    return { file, inode: (await file.stat()).ino, offset: 0, lines: new LineSplitter() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Opens the log, and those rotated before it that the request reaches back to, each where reading starts. */
async function openAtStart(
  path: string,
  options: LogOptions,
): Promise<{ older: OpenLog[]; current: OpenLog | undefined }> {
  const current = await openFile(path);
  let wanted = options.tailLines ?? Number.POSITIVE_INFINITY;
  if (current !== undefined) wanted -= await startAt(current, wanted);
  const older: OpenLog[] = [];
  for (const name of (await rotatedFiles(path)).reverse()) {
    if (wanted <= 0) break;
    const file = await openFile(name);
    if (file === undefined) continue;
    if (file.inode === current?.inode) {
      // The log was rotated just now: what we have open is this file already.
      await file.file.close();
      continue;
    }
    wanted -= await startAt(file, wanted);
    older.unshift(file);
  }
  return { older, current };
}

async function startAt(open: OpenLog, lines: number): Promise<number> {
  if (lines === Number.POSITIVE_INFINITY) return 0;
  const { size } = await open.file.stat();
  const tail = await findTail(open.file, size, Math.max(0, lines));
  open.offset = tail.offset;
  open.tailEnd = size;
  return tail.lines;
}
