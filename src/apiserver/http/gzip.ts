import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Block } from "./list-blocks.ts";

/** Smaller answers are not worth it (upstream's defaultGzipThresholdBytes). */
export const COMPRESSED_BYTES_MIN = 128 * 1024;
/** Upstream's level: four times smaller at a fifth of the work of the best. */
const LEVEL = 1;

export const GZIP_HEADERS = ["content-encoding", "gzip", "vary", "Accept-Encoding"] as const;

/** Whether the client takes gzip. */
export function takesGzip(headers: IncomingHttpHeaders): boolean {
  const accepted = headers["accept-encoding"];
  if (accepted === undefined) return false;
  return String(accepted)
    .split(",")
    .some((each) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/i.test(each));
}

/** Done by Node's thread pool, as all here: the event loop goes on. */
export async function gzipWhole(body: Buffer): Promise<Buffer> {
  const { gzip } = await import("node:zlib");
  return new Promise((resolve, reject) => {
    gzip(body, { level: LEVEL }, (error, packed) => (error === null ? resolve(packed) : reject(error)));
  });
}

/** Reads on until it is known whether the blocks are worth compressing; `all` has them all. */
export async function peekSize(
  blocks: AsyncIterable<Block> | Iterable<Block>,
): Promise<{ isLarge: boolean; all: AsyncGenerator<Block, void, undefined> }> {
  const rest = each(blocks);
  const first: Block[] = [];
  let size = 0;
  let isLarge = false;
  while (!isLarge) {
    const { done, value } = await rest.next();
    if (done === true) break;
    first.push(value);
    for (const { length } of value) size += length;
    isLarge = size > COMPRESSED_BYTES_MIN;
  }
  return { isLarge, all: joined(first, rest) };
}

async function* each(blocks: AsyncIterable<Block> | Iterable<Block>): AsyncGenerator<Block, void, undefined> {
  yield* blocks;
}

async function* joined(first: readonly Block[], rest: AsyncIterable<Block>): AsyncGenerator<Block, void, undefined> {
  yield* first;
  yield* rest;
}

/** The blocks compressed, no faster than somebody reads. */
export async function* gzipBlocks(
  blocks: AsyncIterable<Block>,
  signal: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  const { createGzip } = await import("node:zlib");
  const gzip = createGzip({ level: LEVEL, chunkSize: 64 * 1024 });
  const source = Readable.from(inPieces(blocks), { objectMode: false, highWaterMark: COMPRESSED_BYTES_MIN });
  source.on("error", (error) => gzip.destroy(error));
  const end = (): void => void gzip.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    for await (const packed of source.pipe(gzip)) yield [packed as Buffer];
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", end);
    source.destroy();
    gzip.destroy();
  }
}

/** Each piece that is compressed costs a way to another thread and back: few large ones. */
async function* inPieces(blocks: AsyncIterable<Block>): AsyncGenerator<Buffer, void, undefined> {
  let piece: Buffer[] = [];
  let size = 0;
  for await (const block of blocks) {
    for (const chunk of block) {
      piece.push(chunk);
      size += chunk.length;
    }
    if (size < COMPRESSED_BYTES_MIN) continue;
    yield Buffer.concat(piece);
    piece = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(piece);
}
