import { type Cel, CelCompileError, type CelProgram, type CelType } from "../cel/cel.ts";
import type { ValidationRule } from "../generated/apiextensions.k8s.io/v1.ts";
import type { DeclaredType } from "./cel-types.ts";
import { validFieldPath } from "./field-path.ts";
import type { StructuralSchema } from "./structural.ts";

/** A rule of x-kubernetes-validations, compiled; a rule that cannot be has its error in place of its program. */
export interface RuleProgram {
  readonly rule: ValidationRule;
  /** Absent where the rule is empty, or wrong. */
  readonly program?: CelProgram;
  readonly error?: string;
  readonly message?: CelProgram;
  readonly messageError?: string;
  /** Whether it is about the change, not about the value alone. */
  readonly usesOldSelf: boolean;
  /** What the rule's fieldPath means, as errors write it. */
  readonly fieldPath?: string;
}

/** Compiles the rules that stand at one schema, without those below it. */
export function compileRulePrograms(cel: Cel, schema: StructuralSchema, declared: DeclaredType): RuleProgram[] {
  return (schema.source["x-kubernetes-validations"] ?? []).map((rule) => compileRule(cel, rule, { schema, declared }));
}

function compileRule(
  cel: Cel,
  rule: ValidationRule,
  { schema, declared }: { schema: StructuralSchema; declared: DeclaredType },
): RuleProgram {
  if ((rule.rule ?? "").trim() === "") return { rule, usesOldSelf: false };
  const self = declared.type;
  const oldSelf: CelType = rule.optionalOldSelf === true ? { kind: "optional", element: self } : self;
  const compile = (expression: string): CelProgram => cel.compile(expression, { variables: { self, oldSelf } });
  const compiled = attempt(() => compile(rule.rule), {
    wanted: "bool",
    mustBe: "cel expression must evaluate to a bool",
  });
  if (compiled.program === undefined) return { rule, error: compiled.error, usesOldSelf: false };
  const usesOldSelf = compiled.program.uses.has("oldSelf");
  const found = { rule, program: compiled.program, usesOldSelf, ...fieldPathOf(rule, schema) };
  if (!rule.messageExpression) return found;
  const message = attempt(() => compile(rule.messageExpression!), {
    wanted: "string",
    mustBe: "messageExpression must evaluate to a string",
  });
  if (message.program !== undefined) return { ...found, message: message.program };
  const error = message.error.replace(/^program (?=instantiation failed:)/, "");
  const isCompileError = /^(?:compilation|instantiation) failed:/.test(error);
  return { ...found, messageError: isCompileError ? `messageExpression ${error}` : error };
}

type Attempt = { readonly program: CelProgram } | { readonly program?: undefined; readonly error: string };

function attempt(compile: () => CelProgram, { wanted, mustBe }: { wanted: string; mustBe: string }): Attempt {
  try {
    const program = compile();
    return program.resultType === wanted ? { program } : { error: mustBe };
  } catch (error) {
    if (error instanceof CelCompileError) return { error: error.message };
    throw error;
  }
}

function fieldPathOf(rule: ValidationRule, schema: StructuralSchema): { fieldPath?: string } {
  if (!rule.fieldPath) return {};
  const found = validFieldPath(rule.fieldPath, schema);
  return "path" in found ? { fieldPath: found.path } : {};
}
