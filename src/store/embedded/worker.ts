import { parentPort } from "node:worker_threads";
import { errorMessage, present } from "../../base/assert.ts";
import { isDiskFull } from "../../base/disk-error.ts";
import type { NumberedRequest, Reply, Request } from "./messages.ts";
import { openWriter, type Writer } from "./writer.ts";

const SQLITE_IOERR = 10;

/** Entry of the writer thread: one request at a time, in order. */
const port = present(parentPort, "port to the main thread");
let writer: Writer | undefined;

port.on("message", ({ number, request }: NumberedRequest) => {
  const reply = answer(number, request);
  port.postMessage(reply);
  // Freed at once: this thread makes so little garbage that it would hold all that was written until it collects some day.
  if (request.type === "commit") (request.values.buffer as ArrayBuffer).transfer(0);
  if (request.type === "close") port.close();
});

function answer(number: number, request: Request): Reply {
  try {
    if (request.type === "open") {
      writer ??= openWriter(request);
      return { number };
    }
    if (writer === undefined && request.type === "close") return { number };
    return { number, result: present(writer, "the open database").handle(request) };
  } catch (error) {
    return { number, error: describe(error) };
  }
}

function describe(error: unknown): string {
  if (isDiskFull(error)) return "no room is left on the disk, or the store has reached its size limit; free some room";
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  if (code === SQLITE_IOERR) return `the disk reports an error (${errorMessage(error)}); check the disk`;
  return errorMessage(error);
}
