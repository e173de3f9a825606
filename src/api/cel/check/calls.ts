import type { Overload } from "../library/overload.ts";
import type { Call, Expression } from "../syntax/ast.ts";
import { substitute } from "../types/assignable.ts";
import type { Type } from "../types/type.ts";
import { boolType, dynType, errorType, formatType, sameType } from "../types/type.ts";
import type { CheckContext } from "./context.ts";
import { findInScope } from "./context.ts";
import { optionalFieldType, qualifiedName } from "./fields.ts";

export function checkCall(context: CheckContext, call: Call): Type {
  if (call.name === "_&&_" || call.name === "_||_") return checkLogic(context, call);
  if (call.name === "_?._") return checkOptionalSelect(context, call);
  const list = checkArguments(context, call);
  if (call.target === undefined) return resolveByName(context, call, list);
  const namespaced = namespacedName(context, call);
  if (namespaced !== undefined) {
    const overloads = context.environment.functions.get(namespaced) ?? [];
    return resolveOverload(context, {
      call,
      name: namespaced,
      overloads,
      types: list,
      isMember: false,
      isNamespaced: true,
    });
  }
  const target = context.check(call.target);
  const overloads = context.environment.functions.get(call.name);
  if (overloads === undefined) return undeclared(context, call, call.name);
  return resolveOverload(context, {
    call,
    name: call.name,
    overloads,
    types: [target, ...list],
    isMember: true,
    isNamespaced: false,
  });
}

function checkArguments(context: CheckContext, call: Call): Type[] {
  const { allowsMixed } = context;
  if (call.name === "format" && call.target !== undefined) context.allowsMixed = true;
  const types = call.arguments.map((argument) => context.check(argument));
  context.allowsMixed = allowsMixed;
  return types;
}

function resolveByName(context: CheckContext, call: Call, types: readonly Type[]): Type {
  const overloads = context.environment.functions.get(call.name);
  if (overloads === undefined) return undeclared(context, call, call.name);
  return resolveOverload(context, { call, name: call.name, overloads, types, isMember: false, isNamespaced: false });
}

function undeclared(context: CheckContext, call: Call, name: string): Type {
  context.issues.report(call.offset, `undeclared reference to '${name}' (in container '')`);
  return errorType;
}

/** `a.b.f` when that is the name of a function, and `a` is no variable. */
function namespacedName(context: CheckContext, call: Call): string | undefined {
  const owner = call.target === undefined ? undefined : qualifiedName(call.target);
  if (owner === undefined) return undefined;
  const root = owner.split(".")[0] ?? "";
  if (findInScope(context.scope, root) !== undefined) return undefined;
  const name = `${owner}.${call.name}`;
  return context.environment.functions.get(name)?.some((overload) => !overload.isMember) ? name : undefined;
}

interface Resolution {
  readonly call: Call;
  readonly name: string;
  readonly overloads: readonly Overload[];
  readonly types: readonly Type[];
  readonly isMember: boolean;
  readonly isNamespaced: boolean;
}

function resolveOverload(context: CheckContext, resolution: Resolution): Type {
  const { call, overloads, isMember } = resolution;
  const types = resolution.types.map((type) => context.resolve(type));
  const matching: Overload[] = [];
  let result: Type | undefined;
  for (const overload of overloads) {
    if (overload.isMember !== isMember || overload.parameters.length !== types.length) continue;
    const instance = instantiate(context, overload);
    const pairs = types.map((type, index) => [type, instance.parameters[index] as Type] as const);
    if (!context.assign(pairs)) continue;
    matching.push(overload);
    const type = context.resolve(instance.result);
    if (result === undefined) result = type;
    else if (result.kind !== "dyn" && !sameType(result, type)) result = dynType;
  }
  context.calls.set(call, { overloads: matching, isNamespaced: resolution.isNamespaced });
  if (result !== undefined) return result;
  reportNoMatch(context, { offset: call.offset, name: resolution.name, types, isMember });
  return errorType;
}

function instantiate(context: CheckContext, overload: Overload): { parameters: readonly Type[]; result: Type } {
  const fresh = new Map<string, Type>();
  const visit = (type: Type): void => {
    if (type.kind === "parameter" && !fresh.has(type.name)) fresh.set(type.name, context.freshParameter());
    type.parameters.forEach(visit);
  };
  overload.parameters.forEach(visit);
  visit(overload.result);
  if (fresh.size === 0) return overload;
  return {
    parameters: overload.parameters.map((type) => substitute(fresh, type)),
    result: substitute(fresh, overload.result),
  };
}

export function reportNoMatch(
  context: CheckContext,
  {
    offset,
    name,
    types,
    isMember = false,
  }: { offset: number; name: string; types: readonly Type[]; isMember?: boolean },
): void {
  if (types.some((type) => type.kind === "error")) return;
  const names = types.map((type) => formatType(substitute(new Map(), type, true)));
  const applied = isMember ? `${names[0]}.(${names.slice(1).join(", ")})` : `(${names.join(", ")})`;
  context.issues.report(offset, `found no matching overload for '${name}' applied to '${applied}'`);
}

function checkLogic(context: CheckContext, call: Call): Type {
  const types = call.arguments.map((argument) => context.check(argument));
  for (const [index, type] of types.entries()) {
    if (context.assign([[type, boolType]])) continue;
    const pair = index === 0 ? [type, types[1] ?? boolType] : [boolType, type];
    reportNoMatch(context, { offset: call.offset, name: call.name, types: pair.map((part) => context.resolve(part)) });
    return errorType;
  }
  return boolType;
}

function checkOptionalSelect(context: CheckContext, call: Call): Type {
  const [operand, key] = call.arguments as [Expression, Expression];
  const type = context.resolve(context.check(operand));
  context.check(key);
  const field = key.kind === "literal" ? String(key.value) : "";
  return optionalFieldType(context, type, { offset: call.offset, field });
}
