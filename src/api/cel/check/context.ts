import type { Value } from "../evaluate/values.ts";
import type { FunctionTable, Overload } from "../library/overload.ts";
import type { Call, Expression } from "../syntax/ast.ts";
import type { Issues } from "../syntax/issues.ts";
import type { Mapping } from "../types/assignable.ts";
import { isAssignable, substitute } from "../types/assignable.ts";
import type { Declared } from "../types/declared.ts";
import type { Type } from "../types/type.ts";
import { typeParameter } from "../types/type.ts";

/** What an expression is checked against. */
export interface Environment {
  readonly variables: ReadonlyMap<string, Declared>;
  readonly functions: FunctionTable;
  /** Names that stand for types: `int`, `net.IP` … with the type that they name. */
  readonly typeNames: ReadonlyMap<string, Type>;
  /** Objects that expressions may make (`Object{…}`); undefined when there is none of that name. */
  message(name: string): Type | undefined;
}

/** What checking found out about the nodes of an expression. */
export interface Checked {
  readonly types: ReadonlyMap<Expression, Type>;
  readonly calls: ReadonlyMap<Call, ResolvedCall>;
  /** Names and selections that stand for a constant. */
  readonly constants: ReadonlyMap<Expression, Value>;
  /** Selections that are the name of a variable: `authorizer.requestResource`. */
  readonly qualified: ReadonlyMap<Expression, string>;
  readonly uses: ReadonlySet<string>;
}

export interface ResolvedCall {
  readonly overloads: readonly Overload[];
  /** `a.f(b)` where `a.f` is the function's name. */
  readonly isNamespaced: boolean;
}

export interface Scope {
  readonly name: string;
  readonly type: Type;
  readonly outer: Scope | undefined;
}

export interface CheckContext {
  readonly issues: Issues;
  readonly environment: Environment;
  readonly types: Map<Expression, Type>;
  readonly calls: Map<Call, ResolvedCall>;
  readonly constants: Map<Expression, Value>;
  readonly qualified: Map<Expression, string>;
  readonly uses: Set<string>;
  scope: Scope | undefined;
  /** Whether lists may mix types: only those that go to `format` may. */
  allowsMixed: boolean;
  /** Checks a node once and remembers its type. */
  check(expression: Expression): Type;
  /** A type parameter that nothing else uses. */
  freshParameter(): Type;
  /** Binds type parameters when the answer is yes. */
  assign(pairs: readonly (readonly [Type, Type])[]): boolean;
  resolve(type: Type): Type;
}

export function createCheckContext(
  issues: Issues,
  environment: Environment,
  checkNode: (context: CheckContext, expression: Expression) => Type,
): CheckContext {
  let mapping: Mapping = new Map();
  let parameters = 0;
  const types = new Map<Expression, Type>();
  return {
    issues,
    environment,
    types,
    calls: new Map(),
    constants: new Map(),
    qualified: new Map(),
    uses: new Set(),
    scope: undefined,
    allowsMixed: false,
    check(expression) {
      const type = checkNode(this, expression);
      types.set(expression, type);
      return type;
    },
    freshParameter: () => typeParameter(`_var${parameters++}`),
    assign(pairs) {
      const attempt = new Map(mapping);
      if (!pairs.every(([from, to]) => isAssignable(attempt, from, to))) return false;
      mapping = attempt;
      return true;
    },
    resolve: (type) => substitute(mapping, type),
  };
}

/** Checks with more variables than the context has. */
export function withVariables<Result>(
  context: CheckContext,
  variables: readonly (readonly [string, Type])[],
  body: () => Result,
): Result {
  const outer = context.scope;
  for (const [name, type] of variables) context.scope = { name, type, outer: context.scope };
  const result = body();
  context.scope = outer;
  return result;
}

export function findInScope(scope: Scope | undefined, name: string): Scope | undefined {
  for (let at = scope; at !== undefined; at = at.outer) if (at.name === name) return at;
  return undefined;
}
