import {
  CONTINUATION,
  ConnectionError,
  contentOf,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  type Frame,
  PROTOCOL_ERROR,
} from "./frames.ts";

const CONTINUATIONS_MAX = 64;

/** Puts the header blocks of a connection together: HEADERS, and what CONTINUATION adds (RFC 9113, section 4.3). */
export class HeaderBlocks {
  readonly #bytesMax: number;
  readonly #take: (streamId: number, block: Buffer, isEnd: boolean) => void;
  #begun: { readonly streamId: number; readonly isEnd: boolean; readonly parts: Buffer[]; bytes: number } | undefined;

  /** @param take gets each block that is whole, and whether the stream ends with it */
  constructor(bytesMax: number, take: (streamId: number, block: Buffer, isEnd: boolean) => void) {
    this.#bytesMax = bytesMax;
    this.#take = take;
  }

  /** Of each frame of the connection: no other comes within a block. @throws ConnectionError */
  checkOrder(type: number): void {
    if (this.#begun !== undefined && type !== CONTINUATION) {
      throw new ConnectionError(PROTOCOL_ERROR, "a header block is broken off by another frame");
    }
  }

  /** @throws ConnectionError */
  takeHeaders(frame: Frame): void {
    const { streamId, flags } = frame;
    const block = contentOf(frame);
    const isEnd = (flags & END_STREAM) !== 0;
    if ((flags & END_HEADERS) !== 0) return void this.#take(streamId, block, isEnd);
    this.#begun = { streamId, isEnd, parts: [Buffer.from(block)], bytes: block.length };
  }

  /** @throws ConnectionError */
  takeContinuation({ streamId, flags, payload }: Frame): void {
    const block = this.#begun;
    if (block?.streamId !== streamId) {
      throw new ConnectionError(PROTOCOL_ERROR, "a header block goes on that has not begun");
    }
    block.parts.push(Buffer.from(payload));
    block.bytes += payload.length;
    if (block.bytes > this.#bytesMax || block.parts.length > CONTINUATIONS_MAX) {
      throw new ConnectionError(ENHANCE_YOUR_CALM, "a header block without end");
    }
    if ((flags & END_HEADERS) === 0) return;
    this.#begun = undefined;
    this.#take(streamId, Buffer.concat(block.parts), block.isEnd);
  }
}
