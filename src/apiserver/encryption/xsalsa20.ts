const BLOCK_BYTES = 64;
const ROUNDS = 20;
/** "expand 32-byte k", as four little-endian words. */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
/** The words that each quarter round mixes: the columns, then the rows. */
const QUARTERS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

/** The input under XSalsa20's key stream (Bernstein, "Extending the Salsa20 nonce"): a 32-byte key, a 24-byte nonce. */
export function xsalsa20(input: Buffer, by: { key: Buffer; nonce: Buffer }): Buffer {
  const key = subkey(by.key, by.nonce.subarray(0, 16));
  const state = initial(key, [by.nonce.readUInt32LE(16), by.nonce.readUInt32LE(20), 0, 0]);
  const output = Buffer.from(input);
  for (let at = 0, block = 0; at < input.length; at += BLOCK_BYTES, block++) {
    state[8] = block;
    const mixed = rounds(state);
    const stream = Buffer.alloc(BLOCK_BYTES);
    for (let word = 0; word < 16; word++) stream.writeUInt32LE((mixed[word]! + state[word]!) >>> 0, word * 4);
    const end = Math.min(BLOCK_BYTES, input.length - at);
    for (let index = 0; index < end; index++) output[at + index]! ^= stream[index]!;
  }
  return output;
}

/** HSalsa20: the corners and the middle of the mixed state, without the addition at the end. */
function subkey(key: Buffer, nonce: Buffer): Buffer {
  const words = [0, 4, 8, 12].map((at) => nonce.readUInt32LE(at));
  const mixed = rounds(initial(key, words));
  const out = Buffer.alloc(32);
  for (const [index, word] of [0, 5, 10, 15, 6, 7, 8, 9].entries()) out.writeUInt32LE(mixed[word]!, index * 4);
  return out;
}

function initial(key: Buffer, input: readonly number[]): Uint32Array {
  const word = (index: number): number => key.readUInt32LE(index * 4);
  const [first = 0, second = 0, third = 0, fourth = 0] = input;
  return Uint32Array.of(
    ...[SIGMA[0], word(0), word(1), word(2), word(3), SIGMA[1], first, second],
    ...[third, fourth, SIGMA[2], word(4), word(5), word(6), word(7), SIGMA[3]],
  );
}

function rounds(state: Uint32Array): Uint32Array {
  const x = Uint32Array.from(state);
  const mix = (to: number, from: { one: number; two: number }, by: number): void => {
    const sum = (x[from.one]! + x[from.two]!) >>> 0;
    x[to]! ^= (sum << by) | (sum >>> (32 - by));
  };
  for (let round = 0; round < ROUNDS; round += 2) {
    for (const [a, b, c, d] of QUARTERS) {
      mix(b, { one: a, two: d }, 7);
      mix(c, { one: b, two: a }, 9);
      mix(d, { one: c, two: b }, 13);
      mix(a, { one: d, two: c }, 18);
    }
  }
  return x;
}
