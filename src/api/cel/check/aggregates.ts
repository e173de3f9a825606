import type { Aggregate, Comprehension, Expression, MapLiteral, Message } from "../syntax/ast.ts";
import { isDynamic, mostGeneral } from "../types/assignable.ts";
import type { Type } from "../types/type.ts";
import * as t from "../types/type.ts";
import { reportNoMatch } from "./calls.ts";
import type { CheckContext } from "./context.ts";
import { withVariables } from "./context.ts";

export function checkList(context: CheckContext, expression: Aggregate): Type {
  let element: Type | undefined;
  for (const { value, optional } of expression.elements) {
    const type = checkEntry(context, value, optional);
    element = join(context, element, { type, offset: value.offset });
    if (element.kind === "error") break;
  }
  return t.listOf(element ?? context.freshParameter());
}

export function checkMap(context: CheckContext, expression: MapLiteral): Type {
  let key: Type | undefined;
  let value: Type | undefined;
  for (const entry of expression.entries) {
    key = knownOr(key, join(context, key, { type: context.check(entry.key), offset: entry.key.offset }));
    const type = checkEntry(context, entry.value, entry.optional);
    value = knownOr(value, join(context, value, { type, offset: entry.value.offset }));
  }
  return t.mapOf(key ?? context.freshParameter(), value ?? context.freshParameter());
}

const knownOr = (before: Type | undefined, type: Type): Type => (type.kind === "error" ? (before ?? type) : type);

/** `[?a]`, `{?k: a}`: what the optional holds. */
function checkEntry(context: CheckContext, value: Expression, optional: boolean): Type {
  const type = context.check(value);
  if (!optional) return type;
  const element = context.freshParameter();
  if (context.assign([[type, t.optionalOf(element)]])) return context.resolve(element);
  const found = t.formatType(context.resolve(type));
  context.issues.report(value.offset, `expected type 'optional_type(${found})' but found '${found}'`);
  return t.errorType;
}

function join(
  context: CheckContext,
  previous: Type | undefined,
  { type, offset }: { type: Type; offset: number },
): Type {
  const current = context.resolve(type);
  if (previous === undefined) return current;
  const before = context.resolve(previous);
  if (context.assign([[before, current]])) return mostGeneral(before, current);
  if (context.allowsMixed) return t.dynType;
  context.issues.report(offset, `expected type '${t.formatType(before)}' but found '${t.formatType(current)}'`);
  return t.errorType;
}

export function checkMessage(context: CheckContext, expression: Message): Type {
  const type = context.environment.message(expression.name);
  if (type === undefined)
    context.issues.report(expression.offset, `undeclared reference to '${expression.name}' (in container '')`);
  for (const entry of expression.entries) {
    const value = checkEntry(context, entry.value, entry.optional);
    if (type === undefined) continue;
    const field = type.field?.(entry.field);
    if (field === undefined) context.issues.report(entry.offset, `undefined field '${entry.field}'`);
    else if (!context.assign([[value, field]])) {
      const found = t.formatType(context.resolve(value));
      context.issues.report(
        entry.offset,
        `expected type of field '${entry.field}' is '${t.formatType(field)}' but provided type is '${found}'`,
      );
    }
  }
  return type ?? t.errorType;
}

export function checkComprehension(context: CheckContext, expression: Comprehension): Type {
  const range = context.resolve(context.check(expression.range));
  const types = variableTypes(context, range, expression);
  const variables = expression.variables.map((name, index) => [name, types[index] ?? t.dynType] as const);
  return withVariables(context, variables, () => {
    if (expression.condition !== undefined) {
      const condition = context.resolve(context.check(expression.condition));
      if (!context.assign([[condition, t.boolType]]))
        reportNoMatch(context, {
          offset: expression.offset,
          name: "_?_:_",
          types: [condition, t.listOf(t.dynType), t.listOf(t.dynType)],
        });
    }
    return resultType(context, expression, types);
  });
}

/** Types of one variable (element or key) or of two (index or key, and value). */
function variableTypes(context: CheckContext, range: Type, expression: Comprehension): Type[] {
  const isDouble = expression.variables.length === 2;
  if (range.kind === "list")
    return isDouble ? [t.intType, parameter(context, range, 0)] : [parameter(context, range, 0)];
  if (range.kind === "map")
    return isDouble ? [parameter(context, range, 0), parameter(context, range, 1)] : [parameter(context, range, 0)];
  if (!isDynamic(range) && range.kind !== "parameter") {
    const message = `expression of type '${t.formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
    context.issues.report(expression.range.offset, message);
    return [t.errorType, t.errorType];
  }
  return [t.dynType, t.dynType];
}

const COMPARABLE: ReadonlySet<Type["kind"]> = new Set([
  ...([
    "dyn",
    "error",
    "parameter",
    "int",
    "uint",
    "double",
    "bool",
    "duration",
    "timestamp",
    "string",
    "bytes",
  ] as const),
]);

/** Elements stay what they are; what they are sorted by must have an order. */
function sortedType(context: CheckContext, expression: Comprehension, key: Type): Type {
  const range = context.resolve(context.types.get(expression.range) ?? t.listOf(t.dynType));
  const isList = range.kind === "list" || isDynamic(range);
  if (!isList || !COMPARABLE.has(key.kind)) {
    const types = [range, t.listOf(key)];
    reportNoMatch(context, { offset: expression.offset, name: "@sortByAssociatedKeys", types, isMember: true });
    return t.errorType;
  }
  return range.kind === "list" ? range : t.listOf(t.dynType);
}

function parameter(context: CheckContext, type: Type, index: number): Type {
  return context.resolve(type.parameters[index] ?? t.dynType);
}

function resultType(context: CheckContext, expression: Comprehension, variables: readonly Type[]): Type {
  const body = context.resolve(context.check(expression.body));
  const mustBeBool = (name: string, types: (found: Type) => Type[]) => {
    if (!context.assign([[body, t.boolType]]))
      reportNoMatch(context, { offset: expression.offset, name, types: types(body) });
  };
  switch (expression.macro) {
    case "all":
      mustBeBool("_&&_", (found) => [t.boolType, found]);
      return t.boolType;
    case "exists":
      mustBeBool("_||_", (found) => [t.boolType, found]);
      return t.boolType;
    case "existsOne":
      mustBeBool("_?_:_", (found) => [found, t.intType, t.intType]);
      return t.boolType;
    case "filter": {
      const list = t.listOf(variables[0] ?? t.dynType);
      mustBeBool("_?_:_", (found) => [found, list, list]);
      return list;
    }
    case "sortBy":
      return sortedType(context, expression, body);
    case "map":
    case "transformList":
      return t.listOf(body);
    case "transformMap":
      return t.mapOf(variables[0] ?? t.dynType, body);
    case "transformMapEntry":
      if (!context.assign([[body, t.mapOf(context.freshParameter(), context.freshParameter())]]))
        reportNoMatch(context, {
          offset: expression.offset,
          name: "cel.@mapInsert",
          types: [t.mapOf(t.dynType, t.dynType), body],
        });
      return body.kind === "map" ? body : t.mapOf(t.dynType, t.dynType);
  }
}
