/** zlib header of a stream without a preset dictionary (RFC 1950). */
const ZLIB_HEADER = Buffer.from([0x78, 0x01]);
const STORED_LIMIT_BYTES = 0xffff;

/**
 * Writes the header blocks of one connection. They are one zlib stream for the whole connection; ours holds stored blocks
 * only, so that no state and no dictionary is needed. Each header block ends with an empty stored block, as a sync flush
 * writes it: peers read on until they see the start of a block, and would wait for the next stream's otherwise.
 */
export class HeaderBlockWriter {
  #first = true;

  /** Names go out in lower case: the protocol demands it, and peers reset streams with others. */
  write(headers: Readonly<Record<string, string>>): Buffer {
    const plain = encodeHeaders(headers);
    const parts: Buffer[] = this.#first ? [ZLIB_HEADER] : [];
    this.#first = false;
    for (let start = 0; start < plain.length; start += STORED_LIMIT_BYTES) {
      parts.push(storedBlock(plain.subarray(start, start + STORED_LIMIT_BYTES)));
    }
    parts.push(storedBlock(Buffer.alloc(0)));
    return Buffer.concat(parts);
  }
}

function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(headers);
  const parts = [word(entries.length)];
  for (const [name, value] of entries) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text);
      parts.push(word(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

/** A deflate block that is not the last one and is not compressed (RFC 1951 3.2.4). */
function storedBlock(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(bytes.length ^ 0xffff, 3);
  return Buffer.concat([head, bytes]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
