/** So much is given to a socket together at most. */
const BLOCK_BYTES = 128 * 1024;
const SPARE_MAX = 2;

const spare: Buffer[] = [];

/**
 * Memory for what goes to a socket next. Blocks are used again: memory of their own for all that is sent would be taken from
 * the system, and given back, each time (for a list of 28 MB 36 ms of CPU instead of 21).
 */
export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** When the socket has taken what is in it. */
export function giveBlockBack(block: Buffer): void {
  if (spare.length < SPARE_MAX) spare.push(block);
}
