import type { FileHandle } from "node:fs/promises";

const BLOCK_BYTES = 64 * 1024;
const NEW_LINE = 0x0a;

/** Where the last `lines` lines of a file begin, and how many of them it has. Reads backwards, no more than it must. */
export async function findTail(
  file: FileHandle,
  size: number,
  lines: number,
): Promise<{ offset: number; lines: number }> {
  if (lines <= 0) return { offset: size, lines: 0 };
  const block = Buffer.alloc(BLOCK_BYTES);
  let found = 0;
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let index = bytesRead - 1; index >= 0; index--) {
      // The file's very last line end closes the last line; it does not begin another one.
      if (block[index] !== NEW_LINE || start + index === size - 1) continue;
      found++;
      if (found === lines) return { offset: start + index + 1, lines: found };
    }
    end = start;
  }
  return { offset: 0, lines: size === 0 ? 0 : found + 1 };
}
