import type { Call, Comprehension, ComprehensionMacro, Expression } from "./ast.ts";
import type { Issues } from "./issues.ts";

const oneVariable: Readonly<Record<string, ComprehensionMacro>> = {
  all: "all",
  exists: "exists",
  exists_one: "existsOne",
  existsOne: "existsOne",
  map: "map",
  filter: "filter",
};

const twoVariables: Readonly<Record<string, ComprehensionMacro>> = {
  all: "all",
  exists: "exists",
  exists_one: "existsOne",
  existsOne: "existsOne",
  transformList: "transformList",
  transformMap: "transformMap",
  transformMapEntry: "transformMapEntry",
};

/** What a call to a macro stands for; undefined when it is a plain call. */
export function expandMacro(call: Call, issues: Issues): Expression | undefined {
  if (call.target === undefined)
    return call.name === "has" && call.arguments.length === 1 ? presence(call, issues) : undefined;
  if (call.name === "sortBy" && call.arguments.length === 2) return sorting(call, issues);
  if (call.name === "optMap" || call.name === "optFlatMap") return optional(call, issues);
  return loop(call, issues);
}

function presence(call: Call, issues: Issues): Expression {
  const [argument] = call.arguments as [Expression];
  if (argument.kind === "select") return { ...argument, offset: call.offset, testOnly: true };
  issues.report(call.offset, "invalid argument to has() macro");
  return argument;
}

function optional(call: Call, issues: Issues): Expression | undefined {
  const [name, body] = call.arguments;
  if (call.target === undefined || name === undefined || body === undefined || call.arguments.length !== 2)
    return undefined;
  if (name.kind !== "identifier")
    issues.report(name.offset, `${call.name}() variable name must be a simple identifier`);
  const flat = call.name === "optFlatMap";
  const variable = name.kind === "identifier" ? name.name : "";
  return { kind: "optionalMap", offset: call.offset, flat, target: call.target, variable, body };
}

function sorting(call: Call, issues: Issues): Comprehension {
  if (call.target?.kind === "literal" || call.target?.kind === "map") {
    const rule = "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
    issues.report(call.offset, rule);
  }
  return comprehension(call, { macro: "sortBy", variables: 1 }, issues);
}

function loop(call: Call, issues: Issues): Comprehension | undefined {
  const count = call.arguments.length;
  const single = oneVariable[call.name];
  if (
    single !== undefined &&
    Object.hasOwn(oneVariable, call.name) &&
    (count === 2 || (count === 3 && single === "map"))
  )
    return comprehension(call, { macro: single, variables: 1 }, issues);
  const double = twoVariables[call.name];
  if (double === undefined || !Object.hasOwn(twoVariables, call.name)) return undefined;
  const transforms = double.startsWith("transform");
  if (count !== 3 && !(transforms && count === 4)) return undefined;
  return comprehension(call, { macro: double, variables: 2 }, issues);
}

function comprehension(
  call: Call,
  shape: { macro: ComprehensionMacro; variables: number },
  issues: Issues,
): Comprehension {
  const names = call.arguments.slice(0, shape.variables).map((argument) => variableName(argument, issues));
  if (names.length === 2 && names[0] === names[1])
    issues.report(call.arguments[1]?.offset ?? call.offset, `duplicate iteration variable name: ${names[0]}`);
  const rest = call.arguments.slice(shape.variables);
  const body = rest.at(-1) as Expression;
  const condition = rest.length === 2 ? rest[0] : undefined;
  return {
    kind: "comprehension",
    offset: call.offset,
    macro: shape.macro,
    range: call.target as Expression,
    variables: names,
    ...(condition !== undefined && { condition }),
    body,
  };
}

function variableName(argument: Expression, issues: Issues): string {
  if (argument.kind === "identifier" && !argument.name.startsWith(".")) return argument.name;
  issues.report(argument.offset, "argument must be a simple name");
  return "";
}
