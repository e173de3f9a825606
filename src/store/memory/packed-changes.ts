import { invariant, present } from "../../base/assert.ts";
import type { StoreEvent } from "../store.ts";
import { ByteChunks, type BytePlace } from "./byte-chunks.ts";

/** So many changes are packed together. */
export const CHANGES_A_PAGE = 256;

/** What a change of the past has replaced, without the bytes. */
export interface Replaced {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
  /** Revision of the key's change before this one; 0 where the history has begun later, or there was none. */
  readonly before: number;
  /** Whether that change gave a value: neither a removal nor nothing. */
  readonly hadValue: boolean;
}

/** A run of changes as columns. */
interface Page {
  readonly keys: string[];
  readonly isDelete: Uint8Array;
  readonly before: Float64Array;
  /** Revision of the key's next change; 0 while there is none. */
  readonly after: Float64Array;
  /** Where the replaced bytes are; a length of -1 where there was no value. */
  readonly chunks: Float64Array;
  readonly starts: Uint32Array;
  readonly lengths: Int32Array;
}

/**
 * Changes in order of revision without a gap, in little more room than their bytes: as objects each of a quarter of a million was
 * eight of them, which a full collection has to look at. Added at the end, dropped at the beginning.
 */
export class PackedChanges {
  readonly #bytes = new ByteChunks();
  #pages: Page[] = [];
  /** The revision of the first page's first change. */
  #firstRevision: number;
  /** How many of the first page's changes are dropped. */
  #dropped = 0;

  constructor(firstRevision: number) {
    this.#firstRevision = firstRevision;
  }

  /** The revision of the first change, or of the one that comes. */
  get firstRevision(): number {
    return this.#firstRevision + this.#dropped;
  }

  get length(): number {
    return this.#pages.length * CHANGES_A_PAGE - this.#dropped;
  }

  /** Adds a whole page: events, and for each the revisions of the key's changes before and after it. */
  add(changes: readonly { readonly event: StoreEvent; readonly before: number; readonly after: number }[]): void {
    invariant(changes.length === CHANGES_A_PAGE, "changes are packed by whole pages");
    const page = newPage();
    for (let row = 0; row < CHANGES_A_PAGE; row++) {
      const { event, before, after } = changes[row]!;
      page.keys[row] = event.key;
      if (event.type === "delete") page.isDelete[row] = 1;
      page.before[row] = before;
      page.after[row] = after;
      page.lengths[row] = -1;
      if (event.previous === undefined) continue;
      const { chunk, start, length } = this.#bytes.add(event.previous.value);
      page.chunks[row] = chunk;
      page.starts[row] = start;
      page.lengths[row] = length;
    }
    this.#pages.push(page);
  }

  /** The change that gave this revision, which must be here. */
  at(revision: number): Replaced {
    const { page, row } = this.#find(revision);
    return changeIn(page, row, revision);
  }

  /** Revision of the key's next change after this one; 0 while there is none. */
  after(revision: number): number {
    const { page, row } = this.#find(revision);
    return page.after[row]!;
  }

  /** Notes the key's next change. */
  setAfter(revision: number, after: number): void {
    const { page, row } = this.#find(revision);
    page.after[row] = after;
  }

  /** How many bytes it replaced. */
  bytesAt(revision: number): number {
    const { page, row } = this.#find(revision);
    return Math.max(0, page.lengths[row]!);
  }

  /** A copy of what it replaced: the room of the bytes is used again. */
  replacedAt(revision: number): Buffer | undefined {
    const { page, row } = this.#find(revision);
    const place: BytePlace = { chunk: page.chunks[row]!, start: page.starts[row]!, length: page.lengths[row]! };
    return place.length < 0 ? undefined : this.#bytes.copy(place);
  }

  /** Drops the changes before a revision. Answers them: each is made when it is looked at, since there may be very many. */
  takeBefore(revision: number): Iterable<Replaced> {
    const end = Math.min(revision, this.firstRevision + this.length);
    const taken = changesOf(this.#pages, { firstRevision: this.#firstRevision, from: this.firstRevision, end });
    const pages = Math.floor((end - this.#firstRevision) / CHANGES_A_PAGE);
    this.#pages = this.#pages.slice(pages);
    this.#firstRevision += pages * CHANGES_A_PAGE;
    this.#dropped = end - this.#firstRevision;
    if (this.#pages.length === 0) this.#firstRevision = revision;
    this.#bytes.dropBefore(this.#firstChunk());
    return taken;
  }

  /** The first that is in use; undefined when none is. */
  #firstChunk(): number | undefined {
    for (const { lengths, chunks } of this.#pages) {
      const row = lengths.findIndex((length) => length >= 0);
      if (row >= 0) return chunks[row];
    }
    return undefined;
  }

  #find(revision: number): { page: Page; row: number } {
    const index = revision - this.#firstRevision;
    const page = present(this.#pages[Math.floor(index / CHANGES_A_PAGE)], "page of a past change");
    return { page, row: index % CHANGES_A_PAGE };
  }
}

function newPage(): Page {
  return {
    keys: new Array<string>(CHANGES_A_PAGE),
    isDelete: new Uint8Array(CHANGES_A_PAGE),
    before: new Float64Array(CHANGES_A_PAGE),
    after: new Float64Array(CHANGES_A_PAGE),
    chunks: new Float64Array(CHANGES_A_PAGE),
    starts: new Uint32Array(CHANGES_A_PAGE),
    lengths: new Int32Array(CHANGES_A_PAGE),
  };
}

function* changesOf(
  pages: readonly Page[],
  { firstRevision, from, end }: { firstRevision: number; from: number; end: number },
): Generator<Replaced, void, undefined> {
  for (let revision = from; revision < end; revision++) {
    const index = revision - firstRevision;
    yield changeIn(pages[Math.floor(index / CHANGES_A_PAGE)]!, index % CHANGES_A_PAGE, revision);
  }
}

function changeIn(page: Page, row: number, revision: number): Replaced {
  return {
    type: page.isDelete[row] === 1 ? "delete" : "put",
    key: page.keys[row]!,
    revision,
    before: page.before[row]!,
    hadValue: page.lengths[row]! >= 0,
  };
}
