import type { Descriptions } from "../enrich.ts";
import { columnFields } from "../overlay/column-fields.ts";

/** What generators of OpenAPI add to descriptions, and upstream's Tables do not show. */
const VALUES = "\n\nPossible enum values";

/** Writes `column-texts.ts`: the descriptions that columns of Tables have. @throws Error for a field without one */
export function emitColumnTexts(descriptions: Descriptions): string {
  const texts = columnFields.map((path) => {
    const [, definition, field] = /^(.*)\.(\w+)$/.exec(path) ?? [];
    const text = descriptions[`io.k8s.api.${definition}`]?.[field ?? ""];
    if (text === undefined) throw new Error(`${path} has no description: it is named in overlay/column-fields.ts`);
    return `  ${JSON.stringify(path)}: ${JSON.stringify(text.split(VALUES, 1)[0])},\n`;
  });
  return `/** Descriptions of fields that columns of Tables show as their own. */\nexport const columnTexts = {\n${texts.join("")}} as const;\n`;
}
