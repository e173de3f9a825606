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
  const [first, ...others] = columnsOf(definition);
  const before = others.map((): Shown => ({ cell: undefined, text: "null" }));
  let rest = "";
  return (object) => {
    let isOther = rest === "";
    for (let index = 0; index < others.length; index++) {
      const cell = others[index]!.cell(object, context);
      const shown = before[index]!;
      if (shown.cell === cell) continue;
      shown.cell = cell;
      shown.text = JSON.stringify(cell);
      isOther = true;
    }
    if (isOther) rest = `${before.map(({ text }) => `,${text}`).join("")}]`;
    const conditions = definition?.rowConditions?.(object);
    const text = `{"cells":[${JSON.stringify(first?.cell(object, context) ?? null)}${rest}`;
    return conditions === undefined || conditions.length === 0
      ? text
      : `${text},"conditions":${JSON.stringify(conditions)}`;
  };
}
