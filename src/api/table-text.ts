import type { KindDefinition } from "./kind.ts";
import type { ApiObject } from "./meta.ts";
import { columnsOf } from "./table.ts";

/** What a column showed in the row before: mostly it is the same again, and not written anew. */
interface Shown {
  cell: unknown;
  text: string;
}

/** Rows of a table as JSON, without the end of each, where `object` goes: one object after the other. */
export function rowTexts(definition: KindDefinition | undefined, nowMs: number): (object: ApiObject) => string {
  const context = { nowMs };
  const columns = columnsOf(definition);
  const before = columns.map((): Shown => ({ cell: undefined, text: "null" }));
  return (object) => {
    let cells = "";
    for (let index = 0; index < columns.length; index++) {
      const cell = columns[index]!.cell(object, context);
      const shown = before[index]!;
      if (shown.cell !== cell) {
        shown.cell = cell;
        shown.text = JSON.stringify(cell);
      }
      cells += index === 0 ? shown.text : `,${shown.text}`;
    }
    const conditions = definition?.rowConditions?.(object) ?? [];
    return conditions.length === 0
      ? `{"cells":[${cells}]`
      : `{"cells":[${cells}],"conditions":${JSON.stringify(conditions)}`;
  };
}
