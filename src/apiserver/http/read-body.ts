import type { Readable } from "node:stream";
import { badRequest, entityTooLarge } from "../../api/status.ts";
import type { BodyReader } from "../../base/http2/server-stream.ts";
import type { RequestBody } from "../exchange.ts";

/** Upstream's limit of a request body (3 MiB, MaxRequestBodyBytes). */
const BODY_BYTES_MAX = 3 * 1024 * 1024;

/** What a body comes from: hands it on, what is there at once. */
export interface BodySource {
  read(reader: BodyReader): void;
}

/** A body that is read when somebody first asks for it, and once. A short one is mostly there by then. */
export class ReceivedBody implements RequestBody, BodyReader {
  readonly contentType: string;
  readonly #source: BodySource;
  #wasRead = false;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #outcome: { readonly whole: Buffer } | { readonly error: Error } | undefined;
  #reading: PromiseWithResolvers<Buffer> | undefined;

  constructor(source: BodySource, contentType: string | undefined) {
    this.#source = source;
    this.contentType = contentType ?? "";
  }

  /** @throws StatusError, or rejects with it: RequestEntityTooLarge, BadRequest when the client breaks off */
  read(): Buffer | Promise<Buffer> {
    if (!this.#wasRead) {
      this.#wasRead = true;
      this.#source.read(this);
    }
    const outcome = this.#outcome;
    if (outcome === undefined) return (this.#reading ??= Promise.withResolvers<Buffer>()).promise;
    if ("error" in outcome) throw outcome.error;
    return outcome.whole;
  }

  wasRead(): boolean {
    return this.#wasRead;
  }

  size(): number {
    return this.#outcome === undefined ? 0 : this.#bytes;
  }

  chunk(bytes: Buffer): void {
    if (this.#outcome !== undefined) return;
    this.#bytes += bytes.length;
    if (this.#bytes <= BODY_BYTES_MAX) this.#chunks.push(bytes);
    else this.#settle({ error: entityTooLarge(`Request entity too large: limit is ${BODY_BYTES_MAX}`) });
  }

  end(): void {
    const chunks = this.#chunks;
    this.#settle({ whole: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) });
  }

  brokenOff(): void {
    this.#settle({ error: badRequest("the request body could not be read to its end") });
  }

  #settle(outcome: { readonly whole: Buffer } | { readonly error: Error }): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#chunks.length = 0;
    if (this.#reading === undefined) return;
    if ("error" in outcome) this.#reading.reject(outcome.error);
    else this.#reading.resolve(outcome.whole);
  }
}

const ignore = (): void => {};

/** The body of an HTTP/1.1 request. */
export function streamedBody(stream: Readable): BodySource {
  return {
    read(reader) {
      stream.on("data", (chunk: Buffer) => reader.chunk(chunk));
      stream.on("end", () => reader.end());
      // Whatever goes wrong closes it before its end.
      stream.on("close", () => reader.brokenOff());
      if (stream.listenerCount("error") === 0) stream.on("error", ignore);
    },
  };
}
