import type { Expression } from "../syntax/ast.ts";
import type { Type } from "../types/type.ts";
import * as t from "../types/type.ts";
import type { CheckContext } from "./context.ts";

/** `a.b.c` when every part is a plain name. */
export function qualifiedName(expression: Expression): string | undefined {
  if (expression.kind === "identifier") return expression.name;
  if (expression.kind !== "select" || expression.testOnly) return undefined;
  const owner = qualifiedName(expression.operand);
  return owner === undefined ? undefined : `${owner}.${expression.field}`;
}

/** The type of a field of `target`; reports when there is none. */
export function fieldType(context: CheckContext, target: Type, expression: { offset: number; field: string }): Type {
  switch (target.kind) {
    case "error":
    case "dyn":
      return t.dynType;
    case "parameter":
      context.assign([[target, t.dynType]]);
      return t.dynType;
    case "map":
      return context.resolve(target.parameters[1] ?? t.dynType);
    case "object": {
      const field = target.field?.(expression.field);
      if (field !== undefined) return field;
      context.issues.report(expression.offset, `undefined field '${expression.field}'`);
      return t.errorType;
    }
    default:
      context.issues.report(expression.offset, `type '${t.formatType(target)}' does not support field selection`);
      return t.errorType;
  }
}

/** The type of `a.?field`: an optional of the field's type. */
export function optionalFieldType(
  context: CheckContext,
  operand: Type,
  field: { offset: number; field: string },
): Type {
  const target = t.isOptional(operand) ? context.resolve(operand.parameters[0] ?? t.dynType) : operand;
  const type = fieldType(context, target, field);
  return type.kind === "error" ? type : t.optionalOf(type);
}
