import type { Duplex } from "node:stream";
import {
  DATA_LIMIT_BYTES,
  dataFrameHeader,
  FIN,
  FrameParser,
  GOAWAY,
  PING,
  pingFrame,
  RST_STREAM,
  synStreamFrame,
} from "./frames.ts";
import { HeaderBlockWriter } from "./header-block.ts";

export interface SpdyStreamHandler {
  data(chunk: Buffer): void;
  /** The peer sends nothing more here: it ended the stream, reset it, or the connection is gone. Once. */
  end(): void;
}

export interface SpdyStream {
  /** False when the peer is slow: wait for the session's drain before writing more. */
  write(chunk: Buffer): boolean;
  /** Half-close: the peer sees the end of input and may go on sending. Idempotent. */
  end(): void;
}

export interface SpdySession {
  open(headers: Readonly<Record<string, string>>, handler: SpdyStreamHandler): SpdyStream;
  /** Stops reading from the peer, so that it has to wait. */
  pause(): void;
  resume(): void;
  /** Calls back each time that writing may go on. */
  onDrain(callback: () => void): void;
  /** Resolves when the connection is over, with what broke it. */
  readonly closed: Promise<Error | undefined>;
  destroy(): void;
}

/**
 * The client's role of SPDY/3.1 on a connection that has been upgraded already. `head` are bytes that came with the upgrade.
 * Flow control is TCP's alone: the peers that exist never send nor wait for window updates.
 */
export function openSpdySession(socket: Duplex, head: Buffer): SpdySession {
  const streams = new Map<number, SpdyStreamHandler>();
  const headerBlocks = new HeaderBlockWriter();
  let nextId = 1;
  let failure: Error | undefined;

  const finish = (streamId: number): void => {
    const handler = streams.get(streamId);
    streams.delete(streamId);
    handler?.end();
  };
  const parser = new FrameParser({
    data: (streamId, chunk) => streams.get(streamId)?.data(chunk),
    end: finish,
    control(type, _flags, payload) {
      // A reset ends one stream. The others, the one with the exit code among them, still have something to say.
      if (type === RST_STREAM) finish(payload.readUInt32BE(0) & 0x7fffffff);
      // Pings with even ids are the server's own and want an echo.
      else if (type === PING && payload.readUInt32BE(0) % 2 === 0) write(pingFrame(payload.readUInt32BE(0)));
      else if (type === GOAWAY && streams.size === 0) socket.end();
    },
  });
  const write = (bytes: Buffer): boolean => (socket.destroyed || socket.writableEnded ? true : socket.write(bytes));
  const receive = (bytes: Buffer): void => {
    try {
      parser.push(bytes);
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error));
      socket.destroy();
    }
  };
  const closed = new Promise<Error | undefined>((resolve) => {
    socket.on("close", () => {
      for (const streamId of [...streams.keys()]) finish(streamId);
      resolve(failure);
    });
  });
  socket.on("error", (error) => {
    failure ??= error;
  });
  socket.on("data", receive);
  socket.on("end", () => socket.end());
  if (head.length > 0) receive(head);

  return {
    open(headers, handler) {
      const streamId = nextId;
      nextId += 2;
      streams.set(streamId, handler);
      write(synStreamFrame(streamId, headerBlocks.write(headers)));
      return streamWriter(streamId, write);
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    onDrain: (callback) => void socket.on("drain", callback),
    closed,
    destroy: () => void socket.destroy(),
  };
}

function streamWriter(streamId: number, write: (bytes: Buffer) => boolean): SpdyStream {
  let ended = false;
  return {
    write(chunk) {
      if (ended) return true;
      let ready = true;
      for (let start = 0; start < chunk.length; start += DATA_LIMIT_BYTES) {
        const piece = chunk.subarray(start, start + DATA_LIMIT_BYTES);
        write(dataFrameHeader(streamId, 0, piece.length));
        ready = write(piece);
      }
      return ready;
    },
    end() {
      if (ended) return;
      ended = true;
      write(dataFrameHeader(streamId, FIN, 0));
    },
  };
}
