import { escapePropertyName } from "../cel/types/property-names.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { JSONSchemaProps, ValidationRule } from "../generated/apiextensions.k8s.io/v1.ts";
import { type DeclaredType, declaredPartType } from "../structural/cel-types.ts";
import { compileStructural } from "../structural/compile.ts";
import { validFieldPath } from "../structural/field-path.ts";
import { compileRulePrograms, type RuleProgram } from "../structural/rule-programs.ts";
import { elementsMax, observeCost, occurrencesMax, tooExpensive } from "./rule-cost.ts";
import type { RuleScope, SchemaContext, SchemaErrors } from "./schema-context.ts";
import { ruleInGo } from "./schema-in-go.ts";

const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/** The scope of a part: of a property by its name, or of elements where there is none. */
export function scopeBelow(
  scope: RuleScope | undefined,
  source: JSONSchemaProps,
  property?: string,
): { readonly rules?: RuleScope } {
  if (scope === undefined) return {};
  const { declared, total } = scope;
  const isHidden = property !== undefined && escapePropertyName(property) === undefined;
  const inner = property === undefined ? declared?.element : isHidden ? undefined : declared?.properties?.get(property);
  const times = elementsMax(source);
  const cardinality = scope.cardinality === undefined || times === undefined ? undefined : scope.cardinality * times;
  return { rules: { declared: inner, cardinality, total } };
}

/** What is wrong with the rules that stand at a schema. They are compiled only where all else is well. */
export function ruleErrors(source: JSONSchemaProps, context: SchemaContext, isSchemaSound: boolean): SchemaErrors {
  const rules = source["x-kubernetes-validations"] ?? [];
  const at = (index: number): string => `${context.field}.x-kubernetes-validations[${index}]`;
  const schema = rules.flatMap((rule, index) => statementErrors(rule, at(index), source));
  const { rules: scope, options } = context;
  if (rules.length === 0 || !isSchemaSound || schema.length > 0 || scope === undefined || options.cel === undefined) {
    return { schema, rules: [] };
  }
  const structural = compileStructural(source);
  // What the schemas around cannot tell, the schema itself may.
  const declared = scope.declared ?? declaredPartType(structural);
  if (declared === undefined) {
    const why = "unable to convert structural schema to CEL declarations";
    const message = `Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: ${why}`;
    return {
      schema,
      rules: [{ reason: "InternalError", field: `${context.field}.x-kubernetes-validations`, message }],
    };
  }
  const programs = compileRulePrograms(options.cel, structural, declared);
  const errors = programs.flatMap((program, index) =>
    programErrors(program, at(index), { context, scope: { ...scope, declared } }),
  );
  return { schema, rules: errors };
}

function statementErrors(rule: ValidationRule, field: string, source: JSONSchemaProps): FieldError[] {
  const errors: FieldError[] = [];
  const { message = "", messageExpression = "", fieldPath = "" } = rule;
  const text = (rule.rule ?? "").trim();
  if (text === "") errors.push(required(`${field}.rule`, "rule is not specified"));
  else if (message !== "" && message.trim() === "") {
    errors.push(invalid(`${field}.message`, message, "must be non-empty if specified"));
  } else if (hasNewlines(message.trim())) {
    errors.push(invalid(`${field}.message`, message, "must not contain line breaks"));
  } else if (hasNewlines(text) && message.trim() === "") {
    errors.push(required(`${field}.message`, "message must be specified if rule contains line breaks"));
  }
  if (messageExpression !== "" && messageExpression.trim() === "") {
    errors.push(required(`${field}.messageExpression`, "messageExpression must be non-empty if specified"));
  }
  if (rule.reason !== undefined && !REASONS.includes(rule.reason)) {
    errors.push(notSupported(`${field}.reason`, rule.reason, REASONS));
  }
  if (fieldPath === "") return errors;
  const at = `${field}.fieldPath`;
  if (fieldPath.trim() === "") errors.push(invalid(at, fieldPath, "must be non-empty if specified"));
  if (hasNewlines(fieldPath)) errors.push(invalid(at, fieldPath, "must not contain line breaks"));
  if ("error" in validFieldPath(fieldPath, compileStructural(source))) {
    errors.push(invalid(at, fieldPath, "must be a valid path"));
  }
  return errors;
}

const hasNewlines = (text: string): boolean => /[\n\r]/.test(text);

function programErrors(
  compiled: RuleProgram,
  field: string,
  { context, scope }: { context: SchemaContext; scope: RuleScope & { readonly declared: DeclaredType } },
): FieldError[] {
  const errors: FieldError[] = [];
  const { rule, program, message } = compiled;
  const checkCost = (what: string, at: string, cost: number): void => {
    if (!context.options.ignoresRuleCost) errors.push(...tooExpensive(what, at, cost));
    observeCost(scope.total, at, cost);
  };
  if (program !== undefined) {
    const times = scope.cardinality ?? occurrencesMax(scope.declared.minimumSize);
    checkCost("estimated rule cost", `${field}.rule`, times === 0 ? 0 : program.estimatedCost * times);
  }
  if (compiled.error !== undefined) errors.push(invalid(`${field}.rule`, ruleInGo(rule), compiled.error));
  if (compiled.messageError !== undefined) {
    errors.push(invalid(`${field}.messageExpression`, ruleInGo(rule), compiled.messageError));
  } else if (message !== undefined) {
    checkCost("estimated messageExpression cost", `${field}.messageExpression`, message.estimatedCost);
  }
  if (compiled.usesOldSelf) {
    if (context.uncorrelatable !== undefined) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${context.uncorrelatable}`;
      errors.push(invalid(`${field}.rule`, rule.rule, detail));
    }
  } else if (rule.optionalOldSelf !== undefined) {
    errors.push(
      invalid(`${field}.optionalOldSelf`, rule.optionalOldSelf, "may not be set if oldSelf is not used in rule"),
    );
  }
  return errors;
}
