const LIMBS = 6;
const LIMB_BITS = 22;
const LIMB = 2 ** LIMB_BITS;
/** 2^132 is 4 * 2^130, and 2^130 is 5, modulo 2^130 - 5. */
const FOLD = 20;
const BLOCK_BYTES = 16;

/**
 * Poly1305 (RFC 8439 2.5) of a message under a one-time key of 32 bytes. Numbers are six limbs of 22 bits: their products and
 * sums stay exact in a double.
 */
export function poly1305(message: Buffer, key: Buffer): Buffer {
  const clamped = Buffer.from(key.subarray(0, 16));
  for (const at of [3, 7, 11, 15]) clamped[at]! &= 0x0f;
  for (const at of [4, 8, 12]) clamped[at]! &= 0xfc;
  const factor = limbs(clamped);
  let sum = new Float64Array(LIMBS);
  for (let at = 0; at < message.length; at += BLOCK_BYTES) {
    const block = Buffer.concat([message.subarray(at, at + BLOCK_BYTES), Buffer.of(1)]);
    const number = limbs(block);
    for (let index = 0; index < LIMBS; index++) sum[index]! += number[index]!;
    sum = product(sum, factor);
  }
  const total = (whole(sum) % (2n ** 130n - 5n)) + whole(limbs(key.subarray(16, 32)));
  const tag = Buffer.alloc(BLOCK_BYTES);
  tag.writeBigUInt64LE(BigInt.asUintN(64, total), 0);
  tag.writeBigUInt64LE(BigInt.asUintN(64, total >> 64n), 8);
  return tag;
}

function product(left: Float64Array, right: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(LIMBS);
  for (let one = 0; one < LIMBS; one++) {
    for (let two = 0; two < LIMBS; two++) {
      const place = one + two;
      const part = left[one]! * right[two]!;
      out[place % LIMBS]! += place < LIMBS ? part : part * FOLD;
    }
  }
  carry(out);
  carry(out);
  return out;
}

function carry(number: Float64Array): void {
  let over = 0;
  for (let index = 0; index < LIMBS; index++) {
    const value = number[index]! + over;
    over = Math.floor(value / LIMB);
    number[index] = value - over * LIMB;
  }
  number[0]! += over * FOLD;
}

/** Little-endian bytes, at most 17. */
function limbs(bytes: Buffer): Float64Array<ArrayBuffer> {
  const out = new Float64Array(LIMBS);
  for (const [index, byte] of bytes.entries()) {
    const bit = index * 8;
    const limb = Math.floor(bit / LIMB_BITS);
    const shifted = byte * 2 ** (bit % LIMB_BITS);
    out[limb]! += shifted % LIMB;
    if (limb + 1 < LIMBS) out[limb + 1]! += Math.floor(shifted / LIMB);
  }
  return out;
}

function whole(number: Float64Array): bigint {
  let total = 0n;
  for (let index = LIMBS - 1; index >= 0; index--) total = (total << BigInt(LIMB_BITS)) + BigInt(number[index]!);
  return total;
}
