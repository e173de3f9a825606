import type { Expression } from "./ast.ts";
import { createCursor, SyntaxFailure } from "./cursor.ts";
import { parseConditional } from "./expressions.ts";
import type { Issues } from "./issues.ts";
import { tokenize } from "./lexer.ts";

/** Upstream's limit, in code points. */
const longestExpression = 100_000;

/** Parses one expression, or reports why it is none and gives nothing. */
export function parseExpression(issues: Issues): Expression | undefined {
  const size = issues.source.length > longestExpression ? [...issues.source].length : 0;
  if (size > longestExpression) {
    issues.report(0, `expression code point size exceeds limit: size: ${size}, limit ${longestExpression}`);
    return undefined;
  }
  try {
    const cursor = createCursor(tokenize(issues), issues);
    const expression = parseConditional({ cursor, issues });
    if (cursor.current().kind !== "end") cursor.unexpected("<EOF>", (next) => next.kind === "end");
    return issues.isEmpty ? expression : undefined;
  } catch (error) {
    if (error instanceof SyntaxFailure) return undefined;
    throw error;
  }
}
