import {
  type CompiledVariable,
  compileVariables,
  policyVariables,
  type VariableTypes,
  withOwnVariables,
} from "../../../api/admissionregistration/policy-variables.ts";
import type { Cel, CelOptions, CelProgram, CelType } from "../../../api/cel/cel.ts";
import { CelCompileError } from "../../../api/cel/cel.ts";
import type { FieldError } from "../../../api/field-error.ts";
import { invalid } from "../../../api/field-error.ts";
import type { CompiledCondition } from "../matching/match-conditions.ts";

/** What both kinds of policies say in expressions. */
interface CommonSpec {
  readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string } | undefined;
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[] | undefined;
  readonly variables?: readonly { readonly name: string; readonly expression: string }[] | undefined;
}

export interface ValidatingSpec extends CommonSpec {
  readonly validations?:
    | readonly {
        readonly expression: string;
        readonly message?: string | undefined;
        readonly messageExpression?: string | undefined;
        readonly reason?: string | undefined;
      }[]
    | undefined;
  readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[] | undefined;
}

export interface MutatingSpec extends CommonSpec {
  readonly mutations?:
    | readonly {
        readonly patchType: string;
        readonly applyConfiguration?: { readonly expression?: string } | undefined;
        readonly jsonPatch?: { readonly expression?: string } | undefined;
      }[]
    | undefined;
}

export interface CompiledValidation {
  readonly program: CelProgram;
  readonly message: string | undefined;
  readonly messageProgram: CelProgram | undefined;
  readonly reason: string | undefined;
}

interface Compiled {
  readonly conditions: readonly CompiledCondition[];
  readonly variables: readonly CompiledVariable[];
  /** What does not compile; nothing else of the policy counts then. */
  readonly errors: readonly FieldError[];
}

export interface CompiledValidating extends Compiled {
  readonly validations: readonly CompiledValidation[];
  readonly auditAnnotations: readonly { readonly key: string; readonly program: CelProgram }[];
}

export interface CompiledMutation {
  readonly patchType: string;
  readonly program: CelProgram;
}

export interface CompiledMutating extends Compiled {
  readonly mutations: readonly CompiledMutation[];
}

const BOOLEAN: CelType = { kind: "boolean" };
const TEXT: CelType = { kind: "string" };
const CONFIGURATION: CelType = { kind: "object", name: "Object", fields: {} };
const PATCH: CelType = { kind: "list", element: { kind: "object", name: "JSONPatch", fields: {} } };

export function compileValidating(cel: Cel, spec: ValidatingSpec): CompiledValidating {
  const { compile, errors, ...common } = compileCommon(cel, spec, false);
  const validations = (spec.validations ?? []).flatMap((validation, index) => {
    const path = `spec.validations[${index}]`;
    const { expression, message, messageExpression, reason } = validation;
    const program = compile(expression, { path: `${path}.expression`, result: BOOLEAN });
    const messageProgram = isBlank(messageExpression)
      ? undefined
      : compile(messageExpression, { path: `${path}.messageExpression`, result: TEXT, hasAuthorizer: false });
    return program === undefined ? [] : [{ program, message, messageProgram, reason }];
  });
  const auditAnnotations = (spec.auditAnnotations ?? []).flatMap(({ key, valueExpression }, index) => {
    const path = `spec.auditAnnotations[${index}].valueExpression`;
    const program = compile(valueExpression?.trim(), { path, results: ["string", "null"] });
    return program === undefined ? [] : [{ key, program }];
  });
  return { ...common, validations, auditAnnotations, errors };
}

export function compileMutating(cel: Cel, spec: MutatingSpec): CompiledMutating {
  const { compile, errors, ...common } = compileCommon(cel, spec, true);
  const mutations = (spec.mutations ?? []).flatMap(({ patchType, applyConfiguration, jsonPatch }, index) => {
    const isPatch = patchType === "JSONPatch";
    const path = `spec.mutations[${index}].${isPatch ? "jsonPatch" : "applyConfiguration"}.expression`;
    const expression = (isPatch ? jsonPatch : applyConfiguration)?.expression;
    const program = compile(expression, { path, result: isPatch ? PATCH : CONFIGURATION });
    return program === undefined ? [] : [{ patchType, program }];
  });
  return { ...common, mutations, errors };
}

interface Place {
  readonly path: string;
  readonly result?: CelType;
  /** Where more than one type will do: their names. */
  readonly results?: readonly string[];
  readonly hasAuthorizer?: boolean;
}

type Compile = (expression: string | undefined, place: Place) => CelProgram | undefined;

/** @param mutations whether expressions may make objects */
function compileCommon(cel: Cel, spec: CommonSpec, mutations: boolean) {
  const errors: FieldError[] = [];
  const hasParams = spec.paramKind !== undefined;
  const types = policyVariables({ hasParams, hasAuthorizer: true });
  const conditionCompile = compiler(cel, errors, () => ({ variables: types }));
  const conditions = (spec.matchConditions ?? []).flatMap(({ name, expression }, index) => {
    const place = { path: `spec.matchConditions[${index}].expression`, result: BOOLEAN };
    const program = conditionCompile(expression?.trim(), place);
    return program === undefined ? [] : [{ name, program }];
  });
  const list = (spec.variables ?? []).filter(({ expression }) => !isBlank(expression));
  const failed = (index: number, error: unknown) =>
    errors.push(compileFailure(`spec.variables[${index}].expression`, list[index]?.expression, error));
  const variables = compileVariables(cel, list, { types, mutations, failed });
  const compile = compiler(cel, errors, (hasAuthorizer) => ({
    variables: withVariables(policyVariables({ hasParams, hasAuthorizer }), spec, variables),
    mutations,
  }));
  return { conditions, variables, errors, compile };
}

/** `variables` is there only when the policy has some. */
function withVariables(types: VariableTypes, spec: CommonSpec, variables: readonly CompiledVariable[]): VariableTypes {
  return (spec.variables ?? []).length === 0 ? types : withOwnVariables(types, variables);
}

function compiler(cel: Cel, errors: FieldError[], options: (hasAuthorizer: boolean) => CelOptions): Compile {
  return (expression, { path, result, results, hasAuthorizer = true }) => {
    // What is missing is told by the kind's own validation.
    if (isBlank(expression)) return undefined;
    try {
      const program = cel.compile(expression, { ...options(hasAuthorizer), result });
      if (results === undefined || results.includes(program.resultType)) return program;
      throw new CelCompileError(`must evaluate to one of [${results.join(" ").replace("null", "null_type")}]`);
    } catch (error) {
      errors.push(compileFailure(path, expression, error));
      return undefined;
    }
  };
}

function compileFailure(path: string, expression: string | undefined, error: unknown): FieldError {
  if (!(error instanceof CelCompileError)) throw error;
  return invalid(path, expression, error.message);
}

function isBlank(text: string | undefined): text is undefined | "" {
  return text === undefined || text.trim() === "";
}
