/**
 * The Huffman code of header texts (RFC 7541, appendix B). It is canonical, codes of one length in the order of their bytes, so
 * that the lengths say all.
 */
const BYTES_BY_LENGTH: Readonly<Record<number, readonly (number | readonly [from: number, to: number])[]>> = {
  5: [[48, 50], 97, 99, 101, 105, 111, 115, 116],
  6: [32, 37, [45, 47], [51, 57], 61, 65, 95, 98, 100, [102, 104], [108, 110], 112, 114, 117],
  7: [58, [66, 87], 89, 106, 107, 113, [118, 122]],
  8: [38, 42, 44, 59, 88, 90],
  10: [33, 34, 40, 41, 63],
  11: [39, 43, 124],
  12: [35, 62],
  13: [0, 36, 64, 91, 93, 126],
  14: [94, 125],
  15: [60, 96, 123],
  19: [92, 195, 208],
  20: [128, 130, 131, 162, 184, 194, 224, 226],
  21: [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230],
  22: [
    129,
    [132, 134],
    136,
    146,
    154,
    156,
    160,
    163,
    164,
    169,
    170,
    173,
    178,
    181,
    [185, 187],
    189,
    190,
    196,
    198,
    228,
    232,
    233,
  ],
  23: [
    1,
    135,
    [137, 141],
    143,
    147,
    [149, 152],
    155,
    [157, 158],
    165,
    166,
    168,
    174,
    175,
    180,
    182,
    183,
    188,
    191,
    197,
    231,
    239,
  ],
  24: [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237],
  25: [199, 207, 234, 235],
  26: [192, 193, [200, 202], 205, 210, 213, 218, 219, 238, 240, 242, 243, 255],
  27: [203, 204, 211, 212, 214, [221, 223], 241, [244, 248], [250, 254]],
  28: [[2, 8], 11, 12, [14, 21], [23, 31], 127, 220, 249],
  30: [10, 13, 22, 256],
};
const END_OF_STRING = 256;
const STATES = 256;

/** A step reads four bits: what comes out, 0 for nothing and else the byte and one; where to go on. */
interface Steps {
  readonly out: Uint16Array;
  readonly next: Uint16Array;
  /** Whether a text may end in that state: with at most seven bits, all ones. */
  readonly mayEnd: readonly boolean[];
}

const WRONG = 0xffff;
let steps: Steps | undefined;

/** A node of the code's tree: nodes by bit, or the byte. */
type Node = [Node | number | undefined, Node | number | undefined];

function treeOf(): Node {
  const root: Node = [undefined, undefined];
  let code = 0;
  let length = 5;
  for (const [at, bytes] of Object.entries(BYTES_BY_LENGTH)) {
    code *= 2 ** (Number(at) - length);
    length = Number(at);
    for (const each of bytes) {
      const [from, to] = typeof each === "number" ? [each, each] : each;
      for (let byte = from; byte <= to; byte++) plant(root, { code: code++, length, byte });
    }
  }
  return root;
}

function plant(root: Node, { code, length, byte }: { code: number; length: number; byte: number }): void {
  let node = root;
  for (let left = length - 1; left > 0; left--) {
    const bit = (code >>> left) & 1;
    node = (node[bit] ??= [undefined, undefined]) as Node;
  }
  node[code & 1] = byte;
}

function stepsOf(root: Node): Steps {
  const nodes: Node[] = [root];
  for (const node of nodes) for (const child of node) if (Array.isArray(child)) nodes.push(child);
  const ids = new Map(nodes.map((node, id) => [node, id]));
  const out = new Uint16Array(STATES * 16);
  const next = new Uint16Array(STATES * 16);
  for (const [id, start] of nodes.entries()) {
    for (let bits = 0; bits < 16; bits++) {
      let node: Node | undefined = start;
      for (let left = 3; left >= 0 && node !== undefined; left--) {
        const child: Node | number | undefined = node[(bits >>> left) & 1];
        if (typeof child === "number") {
          if (child !== END_OF_STRING) out[id * 16 + bits] = child + 1;
          node = child === END_OF_STRING ? undefined : root;
        } else node = child;
      }
      next[id * 16 + bits] = node === undefined ? WRONG : ids.get(node)!;
    }
  }
  const mayEnd = nodes.map(() => false);
  for (let node: Node | number | undefined = root, bits = 0; Array.isArray(node) && bits <= 7; bits++) {
    mayEnd[ids.get(node)!] = true;
    node = node[1];
  }
  return { out, next, mayEnd };
}

/**
 * Decodes into `target`, which must have room for 8/5 of the bytes. Answers how many bytes it wrote; undefined when the text is
 * not in this code.
 */
export function decodeHuffman(source: Buffer, { start, end }: { start: number; end: number }, target: Buffer) {
  const { out, next, mayEnd } = (steps ??= stepsOf(treeOf()));
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = source[at]!;
    let step = state * 16 + (byte >>> 4);
    if (out[step] !== 0) target[length++] = out[step]! - 1;
    state = next[step]!;
    if (state === WRONG) return undefined;
    step = state * 16 + (byte & 15);
    if (out[step] !== 0) target[length++] = out[step]! - 1;
    state = next[step]!;
    if (state === WRONG) return undefined;
  }
  return mayEnd[state] === true ? length : undefined;
}
