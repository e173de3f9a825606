import {
  BRANCH_PAGE,
  BUCKET_ELEMENT,
  ELEMENT_BYTES,
  FREELIST_PAGE,
  LEAF_PAGE,
  META_BYTES,
  META_CHECKSUM_OFFSET,
  META_MAGIC,
  META_PAGE,
  META_VERSION,
  metaChecksum,
  PAGE_HEADER_BYTES,
} from "./bolt-format.ts";
import type { BoltEntry } from "./bolt-reader.ts";

const PAGE_BYTES = 4096;
const FREELIST = 2;
/** Behind both metas and the list of free pages. */
const FIRST_PAGE = 3;

/** Where a page begins, and the first key below it. */
interface Child {
  readonly key: Buffer;
  readonly page: number;
}

interface Element extends Child {
  readonly value: Buffer;
  readonly flags: number;
}

/**
 * A bbolt file in one go: buckets whose entries come in order of their keys, and no free pages.
 * @param write takes bytes that belong at an offset of the file
 */
export function writeBolt(
  buckets: ReadonlyMap<string, Iterable<BoltEntry>>,
  write: (bytes: Buffer, offset: number) => void,
): void {
  const pages = new PageWriter(write);
  const roots: BoltEntry[] = [];
  for (const name of [...buckets.keys()].sort()) {
    const header = Buffer.alloc(16);
    header.writeBigUInt64LE(BigInt(pages.tree(buckets.get(name)!, 0)));
    roots.push({ key: Buffer.from(name), value: header });
  }
  const root = pages.tree(roots, BUCKET_ELEMENT);
  write(pageOf({ id: FREELIST, flags: FREELIST_PAGE, count: 0, bytes: PAGE_HEADER_BYTES }), FREELIST * PAGE_BYTES);
  for (const id of [0, 1]) write(metaPage(id, root, pages.next), id * PAGE_BYTES);
}

class PageWriter {
  next = FIRST_PAGE;
  readonly #write: (bytes: Buffer, offset: number) => void;

  constructor(write: (bytes: Buffer, offset: number) => void) {
    this.#write = write;
  }

  /** Writes the leaves and then the branches above them; answers the page of the root. */
  tree(entries: Iterable<BoltEntry>, flags: number): number {
    let level = this.#leaves(entries, flags);
    while (level.length > 1) level = this.#branches(level);
    return level[0]!.page;
  }

  #leaves(entries: Iterable<BoltEntry>, flags: number): Child[] {
    const level: Child[] = [];
    let elements: Element[] = [];
    let bytes = PAGE_HEADER_BYTES;
    const flush = (): void => {
      const first = elements[0]?.key ?? Buffer.alloc(0);
      level.push({ key: first, page: this.#page(LEAF_PAGE, elements, bytes) });
      elements = [];
      bytes = PAGE_HEADER_BYTES;
    };
    for (const { key, value } of entries) {
      const size = ELEMENT_BYTES + key.length + value.length;
      if (elements.length > 0 && bytes + size > PAGE_BYTES) flush();
      elements.push({ key, value, flags, page: 0 });
      bytes += size;
    }
    if (elements.length > 0 || level.length === 0) flush();
    return level;
  }

  #branches(children: readonly Child[]): Child[] {
    const level: Child[] = [];
    let elements: Element[] = [];
    let bytes = PAGE_HEADER_BYTES;
    for (const { key, page } of children) {
      const size = ELEMENT_BYTES + key.length;
      // A branch has two children at least, or the tree would never end.
      if (elements.length > 1 && bytes + size > PAGE_BYTES) {
        level.push({ key: elements[0]!.key, page: this.#page(BRANCH_PAGE, elements, bytes) });
        elements = [];
        bytes = PAGE_HEADER_BYTES;
      }
      elements.push({ key, page, value: Buffer.alloc(0), flags: 0 });
      bytes += size;
    }
    level.push({ key: elements[0]!.key, page: this.#page(BRANCH_PAGE, elements, bytes) });
    return level;
  }

  #page(kind: number, elements: readonly Element[], bytes: number): number {
    const id = this.next;
    const page = pageOf({ id, flags: kind, count: elements.length, bytes });
    this.next += page.length / PAGE_BYTES;
    let at = PAGE_HEADER_BYTES;
    let data = PAGE_HEADER_BYTES + elements.length * ELEMENT_BYTES;
    for (const { key, value, flags, page: child } of elements) {
      if (kind === LEAF_PAGE) {
        page.writeUInt32LE(flags, at);
        page.writeUInt32LE(data - at, at + 4);
        page.writeUInt32LE(key.length, at + 8);
        page.writeUInt32LE(value.length, at + 12);
      } else {
        page.writeUInt32LE(data - at, at);
        page.writeUInt32LE(key.length, at + 4);
        page.writeBigUInt64LE(BigInt(child), at + 8);
      }
      data += key.copy(page, data);
      data += value.copy(page, data);
      at += ELEMENT_BYTES;
    }
    this.#write(page, id * PAGE_BYTES);
    return id;
  }
}

function pageOf(of: { id: number; flags: number; count: number; bytes: number }): Buffer {
  const pages = Math.max(1, Math.ceil(of.bytes / PAGE_BYTES));
  const page = Buffer.alloc(pages * PAGE_BYTES);
  page.writeBigUInt64LE(BigInt(of.id), 0);
  page.writeUInt16LE(of.flags, 8);
  page.writeUInt16LE(of.count, 10);
  page.writeUInt32LE(pages - 1, 12);
  return page;
}

function metaPage(id: number, root: number, pages: number): Buffer {
  const page = pageOf({ id, flags: META_PAGE, count: 0, bytes: PAGE_HEADER_BYTES + META_BYTES });
  const meta = page.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + META_BYTES);
  meta.writeUInt32LE(META_MAGIC, 0);
  meta.writeUInt32LE(META_VERSION, 4);
  meta.writeUInt32LE(PAGE_BYTES, 8);
  meta.writeBigUInt64LE(BigInt(root), 16);
  meta.writeBigUInt64LE(BigInt(FREELIST), 32);
  meta.writeBigUInt64LE(BigInt(pages), 40);
  meta.writeBigUInt64LE(BigInt(id), 48);
  meta.writeBigUInt64LE(metaChecksum(meta), META_CHECKSUM_OFFSET);
  return page;
}
