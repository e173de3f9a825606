import { randomBytes, randomFillSync, randomUUID } from "node:crypto";

/** Chance as a dependency, so that a seed replays a run. */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
  /** An RFC 4122 version 4 UUID. */
  uuid(): string;
  /** `length` characters of Kubernetes' name alphabet, as generateName appends them. */
  suffix(length: number): string;
  /** `length` bytes that nobody can guess (with the system's source). */
  bytes(length: number): Buffer;
}

/** No vowels and no look-alikes: upstream's alphabet (apimachinery util/rand). */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** Asking the system costs 2 us whatever the amount: every request takes a few bytes for its span. */
const POOL_BYTES = 4096;
const LARGEST_FROM_POOL_BYTES = 64;

const pool = Buffer.alloc(POOL_BYTES);
let taken = POOL_BYTES;

/** A copy of the pool's next bytes, which are forgotten. */
function pooledBytes(length: number): Buffer {
  if (length > LARGEST_FROM_POOL_BYTES) return randomBytes(length);
  if (taken + length > POOL_BYTES) {
    randomFillSync(pool);
    taken = 0;
  }
  const bytes = Buffer.from(pool.subarray(taken, taken + length));
  pool.fill(0, taken, taken + length);
  taken += length;
  return bytes;
}

export const systemRandom: Random = {
  fraction: () => Math.random(),
  uuid: () => randomUUID(),
  suffix: (length) => suffixFrom(pooledBytes(length)),
  bytes: pooledBytes,
};

/** A repeatable source (mulberry32). Never for keys or tokens. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(fraction() * 256)));
  return {
    fraction,
    bytes,
    suffix: (length) => suffixFrom(bytes(length)),
    uuid() {
      const raw = bytes(16);
      raw[6] = (raw[6]! & 0x0f) | 0x40;
      raw[8] = (raw[8]! & 0x3f) | 0x80;
      const hex = raw.toString("hex");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
}

function suffixFrom(bytes: Buffer): string {
  let text = "";
  for (const byte of bytes) text += ALPHABET[byte % ALPHABET.length];
  return text;
}
