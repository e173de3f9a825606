import type { IncomingHttpHeaders } from "node:http2";
import type { Readable } from "node:stream";

const LARGEST_BODY_BYTES = 512 * 1024 * 1024;

/**
 * All of an answer's body. By events, not by iterating: of a stream that its server closes with the last byte Node tells an
 * iterator that it closed too early, though all of the answer is there. Where the length is known, it says whether that is so.
 *
 * @throws Error when the answer breaks off or is too large
 */
export function readAnswer(stream: Readable, headers: IncomingHttpHeaders): Promise<Buffer[]> {
  const length = Number(headers["content-length"] ?? Number.NaN);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const breakOff = (): void => reject(new Error("the connection broke off"));
    stream.on("data", (part: Buffer) => {
      parts.push(part);
      size += part.length;
      if (size > LARGEST_BODY_BYTES) reject(new Error(`the answer is larger than ${LARGEST_BODY_BYTES} bytes`));
    });
    stream.once("end", () => resolve(parts));
    stream.once("error", reject);
    stream.once("close", () => (size === length ? resolve(parts) : breakOff()));
    if (stream.destroyed) breakOff();
  });
}
