import type { OutgoingStream, StreamOutput } from "../../../../src/base/http2/outgoing-stream.ts";

/** An answer that is whole: its code, and how it begins when it tells of a failure. */
export interface Answer {
  readonly code: number;
  readonly text: string;
}

export interface ClientRequest {
  /** Names in lower case and values in turn, pseudo-headers first. */
  readonly headers: readonly string[];
  /** Belongs to the stream. */
  readonly body: Buffer[];
}

/** A failure's text is for people: its beginning will do. */
const TEXT_LENGTH_MAX = 1024;
const FAILURE = 400;

/** One request, and as much of its answer as load needs to know. */
export class ClientStream implements OutgoingStream {
  /** Given when the server has room for it. */
  id = 0;
  window = 0;
  isQueued = false;
  isClosed = false;
  readonly output: StreamOutput;
  code = 0;
  /** Bytes of which the server has not been told. */
  read = 0;
  #text = "";
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;

  constructor(request: ClientRequest, of: { resolve(answer: Answer): void; reject(error: Error): void }) {
    let bytes = 0;
    for (const chunk of request.body) bytes += chunk.length;
    this.output = { head: { headers: request.headers }, chunks: request.body, offset: 0, bytes, isEnded: true };
    this.#resolve = of.resolve;
    this.#reject = of.reject;
  }

  /** There is more of the request than has been sent. */
  get isUnsent(): boolean {
    return this.output.head !== undefined || this.output.bytes > 0;
  }

  /** The whole request is there from the first: nobody waits to add to it. */
  taken(): void {}

  receive(content: Buffer): void {
    if (this.code >= FAILURE && this.#text.length < TEXT_LENGTH_MAX) this.#text += content.toString();
  }

  /** The answer is whole. */
  end(): void {
    this.isClosed = true;
    this.#resolve({ code: this.code, text: this.#text });
  }

  breakOff(error: Error): void {
    this.isClosed = true;
    this.#reject(error);
  }
}
