import type { ApiObject } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { TraceContext } from "../base/trace.ts";
import { eachInTurns } from "../base/turn-time.ts";

/**
 * What is kept of one object: uid, revision, and from FIRST on a column for everybody who keeps something of the collection. One
 * flat array, because there is one an object; replaced as a whole, never changed.
 */
type Row = readonly unknown[];
const UID = 0;
const REVISION = 1;
const FIRST = 2;

/** One who keeps something of a collection's objects and hears of their changes. */
export interface Column<T extends ApiObject> {
  /**
   * What it keeps of an object; never undefined.
   * @param before what it keeps of the same object's last state
   */
  project(object: T, before: unknown): unknown;
  /** Files an item elsewhere, before anybody hears of the change; absent while there is nothing to file it by. */
  file: ((key: string, before: unknown, after: unknown) => void) | undefined;
  /** Absent while nobody wants to hear. */
  tell:
    | ((change: { key: string; before: unknown; after: unknown; cause: TraceContext | undefined }) => void)
    | undefined;
  /** The first list is in. */
  synced(): void;
}

/**
 * What the informers of one collection keep, as one table: a key, a uid and a revision an object, however many informers there
 * are. A change is in all columns and indexes before the first subscriber hears of it.
 */
export class InformerRows<T extends ApiObject> {
  readonly #rows = new Map<string, Row>();
  readonly #columns: Column<T>[] = [];

  /** Must not be called once there are objects. Answers the column's number. */
  add(column: Column<T>): number {
    return FIRST + this.#columns.push(column) - 1;
  }

  item(key: string, column: number): unknown {
    return this.#rows.get(key)?.[column];
  }

  keys(): Iterable<string> {
    return this.#rows.keys();
  }

  items(column: number): unknown[] {
    return Array.from(this.#rows.values(), (row) => row[column]);
  }

  *each(column: number): Generator<unknown, void, undefined> {
    for (const row of this.#rows.values()) yield row[column];
  }

  *entries(column: number): Generator<[string, unknown], void, undefined> {
    for (const [key, row] of this.#rows) yield [key, row[column]];
  }

  /**
   * Collects a list; when its end resolves there is exactly what was added, and everybody has heard the differences. That takes
   * as many turns as it needs; nothing else must be put in meanwhile.
   */
  list(clock: Clock): { add(key: string, object: T): void; end(): Promise<void> } {
    const listed = new Map<string, Row>();
    return {
      add: (key, object) => void listed.set(key, this.#rowOf(object)),
      end: () => this.#replace(listed, clock),
    };
  }

  /** Adds or changes an object. Another one under the same name is a deletion and an addition. */
  put(key: string, object: T, cause?: TraceContext): void {
    const present = this.#rows.get(key);
    this.#put(key, this.#rowOf(object, present), { present, cause });
  }

  /** @param last its last state, if the server told it */
  remove(key: string, last?: T, cause?: TraceContext): void {
    const previous = this.#rows.get(key);
    if (previous === undefined) return;
    this.#rows.delete(key);
    const isSame = last !== undefined && uidOf(last) === previous[UID];
    this.#changed(key, previous, { after: undefined, told: isSame ? this.#rowOf(last) : previous, cause });
  }

  #put(
    key: string,
    row: Row,
    { present, cause }: { present: Row | undefined; cause?: TraceContext | undefined },
  ): void {
    const isOther = present !== undefined && present[UID] !== row[UID];
    if (isOther) this.remove(key, undefined, cause);
    const before = isOther ? undefined : present;
    this.#rows.set(key, row);
    this.#changed(key, before, { after: row, told: before, cause });
  }

  async #replace(listed: ReadonlyMap<string, Row>, clock: Clock): Promise<void> {
    await eachInTurns(clock, this.#rows.keys(), (key) => {
      if (!listed.has(key)) this.remove(key);
    });
    await eachInTurns(clock, listed, ([key, row]) => {
      const present = this.#rows.get(key);
      if (present?.[REVISION] !== row[REVISION]) this.#put(key, row, { present });
    });
    for (const column of this.#columns) column.synced();
  }

  #rowOf(object: T, present?: Row): Row {
    const before = present?.[UID] === uidOf(object) ? present : undefined;
    // Exactly as long as it is: an array that grows has room for more.
    const row = new Array<unknown>(FIRST + this.#columns.length);
    // The text of its first state, which others keep as well.
    row[UID] = before === undefined ? uidOf(object) : before[UID];
    row[REVISION] = revisionOf(object);
    const columns = this.#columns;
    for (let index = 0; index < columns.length; index++) {
      row[FIRST + index] = columns[index]!.project(object, before?.[FIRST + index]);
    }
    return row;
  }

  /** @param of.told what subscribers hear was there before: a deleted object's last state rather than what was known of it */
  #changed(
    key: string,
    before: Row | undefined,
    of: { after: Row | undefined; told: Row | undefined; cause: TraceContext | undefined },
  ): void {
    const { after, told, cause } = of;
    const columns = this.#columns;
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]!;
      if (column.file !== undefined) column.file(key, before?.[FIRST + index], after?.[FIRST + index]);
    }
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]!;
      if (column.tell === undefined) continue;
      column.tell({ key, before: told?.[FIRST + index], after: after?.[FIRST + index], cause });
    }
  }
}

/** As a number where it is one: nobody else keeps the text. */
function revisionOf({ metadata }: ApiObject): number | string {
  const text = metadata?.resourceVersion ?? "";
  const revision = Number(text);
  return Number.isSafeInteger(revision) ? revision : text;
}

function uidOf(object: ApiObject): string {
  return object.metadata?.uid ?? "";
}
