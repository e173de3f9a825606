import type { Value } from "../evaluate/values.ts";
import { TypeValue, Uint } from "../evaluate/values.ts";
import type { Expression, OptionalMap, Select } from "../syntax/ast.ts";
import type { Issues } from "../syntax/issues.ts";
import { substitute } from "../types/assignable.ts";
import type { Type } from "../types/type.ts";
import * as t from "../types/type.ts";
import { checkComprehension, checkList, checkMap, checkMessage } from "./aggregates.ts";
import { checkCall } from "./calls.ts";
import type { CheckContext, Checked, Environment } from "./context.ts";
import { createCheckContext, findInScope, withVariables } from "./context.ts";
import { fieldType, qualifiedName } from "./fields.ts";

/** Finds the type of every node, and reports what does not fit. */
export function checkExpression(expression: Expression, environment: Environment, issues: Issues): Checked {
  const context = createCheckContext(issues, environment, checkNode);
  context.check(expression);
  const types = new Map<Expression, Type>();
  for (const [node, type] of context.types) types.set(node, substitute(new Map(), context.resolve(type), true));
  return {
    types,
    calls: context.calls,
    constants: context.constants,
    qualified: context.qualified,
    uses: context.uses,
  };
}

function checkNode(context: CheckContext, expression: Expression): Type {
  switch (expression.kind) {
    case "literal":
      return literalType(expression.value);
    case "identifier":
      return checkIdentifier(context, expression);
    case "select":
      return checkSelect(context, expression);
    case "call":
      return checkCall(context, expression);
    case "list":
      return checkList(context, expression);
    case "map":
      return checkMap(context, expression);
    case "message":
      return checkMessage(context, expression);
    case "comprehension":
      return checkComprehension(context, expression);
    case "optionalMap":
      return checkOptionalMap(context, expression);
  }
}

function literalType(value: Value): Type {
  if (value === null) return t.nullType;
  if (typeof value === "boolean") return t.boolType;
  if (typeof value === "bigint") return t.intType;
  if (typeof value === "number") return t.doubleType;
  if (typeof value === "string") return t.stringType;
  return value instanceof Uint ? t.uintType : t.bytesType;
}

function checkIdentifier(context: CheckContext, expression: Expression & { kind: "identifier" }): Type {
  const found = lookUp(context, expression.name, expression);
  if (found !== undefined) return found;
  context.issues.report(expression.offset, `undeclared reference to '${expression.name}' (in container '')`);
  return t.errorType;
}

function lookUp(context: CheckContext, name: string, expression: Expression): Type | undefined {
  const absolute = name.startsWith(".");
  const local = absolute ? undefined : findInScope(context.scope, name);
  if (local !== undefined) return local.type;
  const plain = absolute ? name.slice(1) : name;
  const variable = context.environment.variables.get(plain);
  if (variable !== undefined) {
    context.uses.add(plain);
    return variable.type;
  }
  const named = context.environment.typeNames.get(plain);
  if (named === undefined) return undefined;
  context.constants.set(expression, new TypeValue(runtimeName(named, plain)));
  return t.typeOf(named);
}

function runtimeName(type: Type, name: string): string {
  return type.kind === "opaque" ? type.name : name;
}

/** The type of a selection that is a name as a whole, of a variable or of a type. */
function wholeName(context: CheckContext, expression: Select): Type | undefined {
  const name = qualifiedName(expression);
  if (name === undefined || findInScope(context.scope, name.slice(0, name.indexOf("."))) !== undefined)
    return undefined;
  const { variables, typeNames } = context.environment;
  if (!variables.has(name) && !typeNames.has(name)) return undefined;
  if (variables.has(name)) context.qualified.set(expression, name);
  return lookUp(context, name, expression);
}

function checkSelect(context: CheckContext, expression: Select): Type {
  const whole = expression.testOnly ? undefined : wholeName(context, expression);
  if (whole !== undefined) return whole;
  const operand = context.resolve(context.check(expression.operand));
  const isOptional = t.isOptional(operand);
  const target = isOptional ? context.resolve(operand.parameters[0] ?? t.dynType) : operand;
  const field = fieldType(context, target, expression);
  if (expression.testOnly) return t.boolType;
  return isOptional && field.kind !== "error" ? t.optionalOf(field) : field;
}

function checkOptionalMap(context: CheckContext, expression: OptionalMap): Type {
  const target = context.resolve(context.check(expression.target));
  const element = context.freshParameter();
  if (!context.assign([[target, t.optionalOf(element)]])) {
    context.issues.report(
      expression.offset,
      `found no matching overload for 'hasValue' applied to '${t.formatType(target)}.()'`,
    );
    return t.errorType;
  }
  const variable = context.resolve(element);
  const bound = variable.kind === "parameter" ? t.dynType : variable;
  const body = withVariables(context, [[expression.variable, bound]], () => context.check(expression.body));
  if (!expression.flat) return t.optionalOf(body);
  const result = t.optionalOf(context.freshParameter());
  if (context.assign([[context.resolve(body), result]])) return context.resolve(result);
  const types = `(bool, ${t.formatType(context.resolve(body))}, ${t.formatType(t.optionalOf(t.dynType))})`;
  context.issues.report(expression.offset, `found no matching overload for '_?_:_' applied to '${types}'`);
  return t.errorType;
}
