import type { ApiObject } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { TraceContext } from "../base/trace.ts";
import { eachInTurns } from "../base/turn-time.ts";

/** What is kept of one object, of which there may be very many; replaced as a whole, never changed. */
interface Row {
  readonly uid: string;
  readonly revision: number | string;
  /** The first column, of whoever keeps something of the collection first. */
  readonly first: unknown;
  /** The others: one list for all objects of which the same is kept there, which mostly is nothing. */
  readonly rest: readonly unknown[];
}

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
  /** Of the row that was made last. */
  #rest: readonly unknown[] = [];

  /** Must not be called once there are objects. Answers the column's number. */
  add(column: Column<T>): number {
    return this.#columns.push(column) - 1;
  }

  item(key: string, column: number): unknown {
    return cell(this.#rows.get(key), column);
  }

  keys(): Iterable<string> {
    return this.#rows.keys();
  }

  items(column: number): unknown[] {
    return Array.from(this.#rows.values(), (row) => cell(row, column));
  }

  *each(column: number): Generator<unknown, void, undefined> {
    for (const row of this.#rows.values()) yield cell(row, column);
  }

  *entries(column: number): Generator<[string, unknown], void, undefined> {
    for (const [key, row] of this.#rows) yield [key, cell(row, column)];
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
    const isSame = last !== undefined && uidOf(last) === previous.uid;
    this.#changed(key, previous, { after: undefined, told: isSame ? this.#rowOf(last) : previous, cause });
  }

  #put(
    key: string,
    row: Row,
    { present, cause }: { present: Row | undefined; cause?: TraceContext | undefined },
  ): void {
    const isOther = present !== undefined && present.uid !== row.uid;
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
      if (present?.revision !== row.revision) this.#put(key, row, { present });
    });
    for (const column of this.#columns) column.synced();
  }

  #rowOf(object: T, present?: Row): Row {
    const uid = uidOf(object);
    const before = present?.uid === uid ? present : undefined;
    return {
      // The text of its first state, which others keep as well.
      uid: before === undefined ? uid : before.uid,
      revision: revisionOf(object),
      first: this.#columns[0]?.project(object, before?.first),
      rest: this.#restOf(object, before?.rest),
    };
  }

  #restOf(object: T, before: readonly unknown[] | undefined): readonly unknown[] {
    const shared = this.#rest;
    let own: unknown[] | undefined;
    for (let index = 0; index < this.#columns.length - 1; index++) {
      const value = this.#columns[index + 1]!.project(object, before?.[index]);
      if (own === undefined && value !== shared[index]) own = shared.slice(0, index);
      own?.push(value);
    }
    if (own !== undefined) this.#rest = own;
    return this.#rest;
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
      if (column.file !== undefined) column.file(key, cell(before, index), cell(after, index));
    }
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]!;
      if (column.tell === undefined) continue;
      column.tell({ key, before: cell(told, index), after: cell(after, index), cause });
    }
  }
}

function cell(row: Row | undefined, column: number): unknown {
  return column === 0 ? row?.first : row?.rest[column - 1];
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
