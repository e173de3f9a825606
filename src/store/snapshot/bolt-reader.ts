import { readSync } from "node:fs";
import {
  BRANCH_PAGE,
  BUCKET_ELEMENT,
  BUCKET_HEADER_BYTES,
  ELEMENT_BYTES,
  LEAF_PAGE,
  META_BYTES,
  META_CHECKSUM_OFFSET,
  META_MAGIC,
  META_VERSION,
  metaChecksum,
  PAGE_HEADER_BYTES,
} from "./bolt-format.ts";

export interface BoltEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface BoltFile {
  /** Keys and values of a bucket in order; nothing when there is no such bucket. @throws Error when a page is damaged */
  entries(bucket: string): Generator<BoltEntry>;
}

interface Meta {
  readonly pageBytes: number;
  readonly root: bigint;
  readonly transaction: bigint;
  /** So many pages are in use. */
  readonly pages: bigint;
}

interface Element extends BoltEntry {
  readonly isBucket: boolean;
}

/** Deeper than any tree of this kind: a page that leads back to itself is damage. */
const MAXIMUM_DEPTH = 64;
const PAGE_SIZES = [4096, 8192, 16_384, 32_768, 65_536];

/** @throws Error when it is no bbolt file, or one that was cut short */
export function openBolt(file: number, fileBytes: number): BoltFile {
  const meta = readMeta(file);
  if (meta.pages * BigInt(meta.pageBytes) > BigInt(fileBytes)) {
    throw new Error(`it was cut short: it has ${fileBytes} of ${meta.pages * BigInt(meta.pageBytes)} bytes`);
  }
  const readPage = (id: bigint): Buffer => pageOf(file, id, meta);
  return {
    *entries(bucket) {
      for (const { key, value, isBucket } of walk(readPage, readPage(meta.root), 0)) {
        if (!isBucket || key.toString() !== bucket) continue;
        const root = value.readBigUInt64LE(0);
        // A small bucket lies in its parent's page.
        const page = root === 0n ? value.subarray(BUCKET_HEADER_BYTES) : readPage(root);
        yield* walk(readPage, page, 0);
      }
    },
  };
}

function readMeta(file: number): Meta {
  const found: Meta[] = [];
  for (const offset of [0, ...PAGE_SIZES]) {
    const page = Buffer.alloc(PAGE_HEADER_BYTES + META_BYTES);
    if (readSync(file, page, 0, page.length, offset) < page.length) continue;
    const meta = page.subarray(PAGE_HEADER_BYTES);
    if (meta.readUInt32LE(0) !== META_MAGIC || meta.readUInt32LE(4) !== META_VERSION) continue;
    if (meta.readBigUInt64LE(META_CHECKSUM_OFFSET) !== metaChecksum(meta)) continue;
    found.push({
      pageBytes: meta.readUInt32LE(8),
      root: meta.readBigUInt64LE(16),
      pages: meta.readBigUInt64LE(40),
      transaction: meta.readBigUInt64LE(48),
    });
  }
  const latest = found.sort((left, right) => Number(right.transaction - left.transaction))[0];
  if (latest === undefined) throw new Error("it is no database of etcd: neither of its two first pages is");
  return latest;
}

function pageOf(file: number, id: bigint, { pageBytes, pages }: Meta): Buffer {
  if (id < 2n || id >= pages) throw new Error(`page ${id} is outside of it`);
  const head = Buffer.alloc(PAGE_HEADER_BYTES);
  const offset = Number(id) * pageBytes;
  readSync(file, head, 0, head.length, offset);
  const overflow = head.readUInt32LE(12);
  if (head.readBigUInt64LE(0) !== id || id + BigInt(overflow) >= pages) throw new Error(`page ${id} is damaged`);
  const page = Buffer.alloc((1 + overflow) * pageBytes);
  readSync(file, page, 0, page.length, offset);
  return page;
}

function* walk(readPage: (id: bigint) => Buffer, page: Buffer, depth: number): Generator<Element> {
  if (depth > MAXIMUM_DEPTH) throw new Error("its pages go in a circle");
  const flags = page.readUInt16LE(8);
  const count = page.readUInt16LE(10);
  for (let index = 0; index < count; index++) {
    const at = PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
    if ((flags & LEAF_PAGE) !== 0) yield leafElement(page, at);
    else if ((flags & BRANCH_PAGE) !== 0) yield* walk(readPage, readPage(page.readBigUInt64LE(at + 8)), depth + 1);
    else throw new Error(`page ${page.readBigUInt64LE(0)} is neither branch nor leaf`);
  }
}

function leafElement(page: Buffer, at: number): Element {
  const start = at + page.readUInt32LE(at + 4);
  const keyEnd = start + page.readUInt32LE(at + 8);
  const end = keyEnd + page.readUInt32LE(at + 12);
  if (end > page.length) throw new Error("a page is damaged: what it names lies behind its end");
  const isBucket = (page.readUInt32LE(at) & BUCKET_ELEMENT) !== 0;
  return { key: page.subarray(start, keyEnd), value: page.subarray(keyEnd, end), isBucket };
}
