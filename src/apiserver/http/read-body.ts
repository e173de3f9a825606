import type { Readable } from "node:stream";
import { badRequest, entityTooLarge } from "../../api/status.ts";

/** Upstream's limit of a request body (3 MiB, MaxRequestBodyBytes). */
const BODY_BYTES_MAX = 3 * 1024 * 1024;

/** A body that is read when somebody first asks for it, and once. */
export function bodyReader(stream: Readable): { read(): Promise<Buffer>; wasRead(): boolean; size(): number } {
  let reading: Promise<Buffer> | undefined;
  let size = 0;
  const read = async (): Promise<Buffer> => {
    const bytes = await readBody(stream);
    size = bytes.length;
    return bytes;
  };
  return { read: () => (reading ??= read()), wasRead: () => reading !== undefined, size: () => size };
}

/** All bytes of a body. @throws StatusError RequestEntityTooLarge, or BadRequest when the client breaks off */
function readBody(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_BYTES_MAX) {
        stream.removeAllListeners("data");
        stream.resume();
        reject(entityTooLarge(`Request entity too large: limit is ${BODY_BYTES_MAX}`));
      } else chunks.push(chunk);
    });
    stream.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    stream.on("error", () => reject(badRequest("the request body could not be read to its end")));
    stream.on("aborted", () => reject(badRequest("the client broke the request off")));
  });
}
