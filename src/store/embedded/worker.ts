import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { errorMessage, present } from "../../base/assert.ts";
import { isDiskFull } from "../../base/disk-error.ts";
import type { CommitRequest, NumberedRequest, Reply, Request } from "./messages.ts";
import { openWriter, type Writer } from "./writer.ts";

const SQLITE_IOERR = 10;

/** Entry of the writer thread: one request at a time, in order. */
const port = present(parentPort, "port to the main thread");
const room = new Uint8Array(workerData as SharedArrayBuffer);
let writer: Writer | undefined;
/** Why the last commit failed: what was asked for behind it must fail as well, until the main thread has the store recovered. */
let failure: string | undefined;

port.on("message", (message: NumberedRequest) => {
  let next: NumberedRequest | undefined = message;
  while (next !== undefined) next = serve(next);
});

/** Answers a request that was received and is still to be served. */
function serve({ number, request }: NumberedRequest): NumberedRequest | undefined {
  if (request.type === "commit") return serveCommits(number, request);
  port.postMessage(answer(number, request));
  if (request.type === "close") port.close();
  return undefined;
}

/** Commits that wait already become one transaction with this one. Answers what else was found behind them. */
function serveCommits(first: number, request: CommitRequest): NumberedRequest | undefined {
  const commits = [request];
  let behind = received();
  for (; behind?.request.type === "commit"; behind = received()) commits.push(behind.request);
  const last = first + commits.length - 1;
  try {
    if (failure === undefined) present(writer, "the open database").commit(commits);
  } catch (error) {
    failure = describe(error);
  }
  port.postMessage({ first, last, ...(failure !== undefined && { error: failure }) } satisfies Reply);
  // Freed at once: this thread makes so little garbage that it would hold all that was written until it collects some day.
  for (const { values } of commits) if (typeof values !== "number") (values.buffer as ArrayBuffer).transfer(0);
  return behind;
}

function received(): NumberedRequest | undefined {
  return receiveMessageOnPort(port)?.message as NumberedRequest | undefined;
}

function answer(number: number, request: Exclude<Request, CommitRequest>): Reply {
  const numbers = { first: number, last: number };
  try {
    if (request.type === "open") {
      writer ??= openWriter(request, room);
      return numbers;
    }
    if (writer === undefined && request.type === "close") return numbers;
    const result = present(writer, "the open database").handle(request);
    if (request.type === "recover") failure = undefined;
    return { ...numbers, result };
  } catch (error) {
    return { ...numbers, error: describe(error) };
  }
}

function describe(error: unknown): string {
  if (isDiskFull(error)) return "no room is left on the disk, or the store has reached its size limit; free some room";
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  if (code === SQLITE_IOERR) return `the disk reports an error (${errorMessage(error)}); check the disk`;
  return errorMessage(error);
}
