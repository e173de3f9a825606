import type { Readable } from "node:stream";
import { badRequest, entityTooLarge } from "../../api/status.ts";
import type { RequestBody } from "../exchange.ts";

/** Upstream's limit of a request body (3 MiB, MaxRequestBodyBytes). */
const BODY_BYTES_MAX = 3 * 1024 * 1024;

/** A body that is read when somebody first asks for it, and once. */
export class StreamBody implements RequestBody {
  readonly contentType: string;
  readonly #stream: Readable;
  #reading: Promise<Buffer> | undefined;
  #size = 0;

  constructor(stream: Readable, contentType: string | undefined) {
    this.#stream = stream;
    this.contentType = contentType ?? "";
  }

  read(): Promise<Buffer> {
    this.#reading ??= readBody(this.#stream, this.#noteSize);
    return this.#reading;
  }

  wasRead(): boolean {
    return this.#reading !== undefined;
  }

  size(): number {
    return this.#size;
  }

  readonly #noteSize = (bytes: number): void => {
    this.#size = bytes;
  };
}

const ignore = (): void => {};

/** All bytes of a body. @throws StatusError RequestEntityTooLarge, or BadRequest when the client breaks off */
function readBody(stream: Readable, noteSize: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let isOver = false;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_BYTES_MAX) {
        isOver = true;
        stream.removeAllListeners("data");
        stream.resume();
        reject(entityTooLarge(`Request entity too large: limit is ${BODY_BYTES_MAX}`));
      } else chunks.push(chunk);
    });
    stream.on("end", () => {
      isOver = true;
      noteSize(size);
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    // Whatever goes wrong closes it before its end.
    stream.on("close", () => {
      if (!isOver) reject(badRequest("the request body could not be read to its end"));
    });
    if (stream.listenerCount("error") === 0) stream.on("error", ignore);
  });
}
