import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

/**
 * SQLite reads its write-ahead log up to the first frame whose checksum fails, and drops the rest without a word. That is
 * right for the last transaction, which a crash cut short before it was acknowledged, and loses data when a frame further
 * ahead went bad. This tells the two apart. Format: https://www.sqlite.org/fileformat.html#the_write_ahead_log
 */
export interface LogCheck {
  /** Bytes of an unfinished transaction at the end, which SQLite will drop. */
  readonly unfinishedBytes: number;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

type Sums = [number, number];

interface LogHeader {
  readonly pageBytes: number;
  readonly bigEndian: boolean;
  readonly salts: Buffer;
  readonly sums: Sums;
}

/** @throws Error when a transaction before the last one is damaged */
export function checkLog(path: string): LogCheck {
  if (!existsSync(path)) return { unfinishedBytes: 0 };
  const file = openSync(path, "r");
  try {
    const size = fstatSync(file).size;
    const header = readHeader(file, size);
    return header === undefined ? { unfinishedBytes: 0 } : checkFrames(file, size, header);
  } finally {
    closeSync(file);
  }
}

function readHeader(file: number, size: number): LogHeader | undefined {
  if (size <= HEADER_BYTES) return undefined;
  const bytes = Buffer.alloc(HEADER_BYTES);
  readSync(file, bytes, 0, HEADER_BYTES, 0);
  if (bytes.every((byte) => byte === 0)) return undefined;
  const magic = bytes.readUInt32BE(0);
  const bigEndian = magic === MAGIC_BIG_ENDIAN;
  const sums = addSums([0, 0], bytes.subarray(0, 24), bigEndian);
  if ((!bigEndian && magic !== MAGIC_LITTLE_ENDIAN) || !sameSums(sums, bytes, 24)) {
    throw new Error("the header of its write-ahead log is wrong, so what was written last cannot be read");
  }
  return { pageBytes: bytes.readUInt32BE(8), bigEndian, salts: bytes.subarray(16, 24), sums };
}

function checkFrames(file: number, size: number, header: LogHeader): LogCheck {
  const frameBytes = FRAME_HEADER_BYTES + header.pageBytes;
  const frame = Buffer.alloc(frameBytes);
  let sums = header.sums;
  let committedEnd = HEADER_BYTES;
  let damaged = false;
  let commitsBehindDamage = 0;
  let end = HEADER_BYTES;
  for (let offset = HEADER_BYTES; offset + frameBytes <= size; offset += frameBytes) {
    readSync(file, frame, 0, frameBytes, offset);
    // Frames of an earlier round through the file begin here.
    if (!frame.subarray(8, 16).equals(header.salts)) break;
    end = offset + frameBytes;
    const isCommit = frame.readUInt32BE(4) !== 0;
    if (!damaged) {
      sums = addSums(sums, frame.subarray(0, 8), header.bigEndian);
      sums = addSums(sums, frame.subarray(FRAME_HEADER_BYTES), header.bigEndian);
      damaged = !sameSums(sums, frame, 16);
      if (!damaged && isCommit) committedEnd = end;
    }
    if (damaged && isCommit) commitsBehindDamage++;
  }
  // A transaction begins after the one before it was synchronized, so only the last can be unfinished.
  if (commitsBehindDamage > 1) {
    throw new Error(
      `its write-ahead log is damaged after byte ${committedEnd}, before ${commitsBehindDamage - 1} finished transactions`,
    );
  }
  return { unfinishedBytes: end + partOfFrame(file, { end, size, frameBytes }, header) - committedEnd };
}

/** Bytes of a frame that ends before its time; what is left of an earlier round is none. */
function partOfFrame(
  file: number,
  { end, size, frameBytes }: { end: number; size: number; frameBytes: number },
  header: LogHeader,
): number {
  const bytes = size - end;
  if (bytes < 16 || bytes >= frameBytes) return 0;
  const salts = Buffer.alloc(8);
  readSync(file, salts, 0, salts.length, end + 8);
  return salts.equals(header.salts) ? bytes : 0;
}

/** SQLite's cumulative checksum over pairs of 32-bit words. */
function addSums([first, second]: Sums, bytes: Buffer, bigEndian: boolean): Sums {
  let left = first;
  let right = second;
  for (let offset = 0; offset < bytes.length; offset += 8) {
    left = (left + (bigEndian ? bytes.readInt32BE(offset) : bytes.readInt32LE(offset)) + right) | 0;
    right = (right + (bigEndian ? bytes.readInt32BE(offset + 4) : bytes.readInt32LE(offset + 4)) + left) | 0;
  }
  return [left, right];
}

/** Checksums are stored big-endian, whatever the words are. */
function sameSums([left, right]: Sums, bytes: Buffer, offset: number): boolean {
  return bytes.readInt32BE(offset) === left && bytes.readInt32BE(offset + 4) === right;
}
