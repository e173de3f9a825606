import type { Cel, CelOptions, CelProgram, CelResult } from "./cel.ts";
import { CelCompileError, CelEvaluationError } from "./cel.ts";
import { checkExpression } from "./check/checker.ts";
import type { Checked } from "./check/context.ts";
import { checkLiterals, malformedPattern } from "./check/literals.ts";
import { estimateCost } from "./cost/estimate.ts";
import { environmentOf } from "./environment.ts";
import { createCompiler } from "./evaluate/compile.ts";
import { failure } from "./evaluate/failure.ts";
import type { Frame } from "./evaluate/frame.ts";
import { toJson } from "./evaluate/to-json.ts";
import type { Value } from "./evaluate/values.ts";
import { withWorkLimit } from "./evaluate/work.ts";
import type { Expression } from "./syntax/ast.ts";
import { createIssues } from "./syntax/issues.ts";
import { parseExpression } from "./syntax/parser.ts";
import type { Declared } from "./types/declared.ts";
import { declare } from "./types/declared.ts";
import type { Type } from "./types/type.ts";
import { formatType, sameType } from "./types/type.ts";

/** Upstream's limit for one expression. */
const defaultCostLimit = 1_000_000;

export const engine: Cel = { compile };

function compile(expression: string, options: CelOptions): CelProgram {
  const issues = createIssues(expression);
  const environment = environmentOf(options);
  const tree = parseExpression(issues);
  const checked = tree === undefined ? undefined : checkExpression(tree, environment, issues);
  if (checked !== undefined && issues.isEmpty) checkLiterals(checked, issues.report);
  if (tree === undefined || checked === undefined || !issues.isEmpty)
    throw new CelCompileError(`compilation failed: ${issues}`);
  const type = checked.types.get(tree) as Type;
  requireResult(type, options);
  const malformed = malformedPattern(checked);
  if (malformed !== undefined) throw new CelCompileError(`program instantiation failed: ${malformed}`);
  return program({ expression, tree, checked, type, variables: environment.variables });
}

function requireResult(type: Type, options: CelOptions): void {
  if (options.result === undefined || options.result.kind === "dynamic") return;
  const wanted = declare(options.result).type;
  if (!sameType(type, wanted)) throw new CelCompileError(`must evaluate to ${formatType(wanted)}`);
}

interface Parts {
  readonly expression: string;
  readonly tree: Expression;
  readonly checked: Checked;
  readonly type: Type;
  readonly variables: ReadonlyMap<string, Declared>;
}

function program({ expression, tree, checked, type, variables }: Parts): CelProgram {
  let estimate: number | undefined;
  const names = [...checked.uses];
  const compiler = createCompiler(checked, names);
  const step = compiler.compile(tree);
  const slotCount = compiler.slotCount();
  const inputs = names.map((name) => ({ name, convert: (variables.get(name) as Declared).convert }));
  return {
    expression,
    resultType: formatType(type),
    result: { kind: "native", type },
    get estimatedCost() {
      estimate ??= estimateCost(tree, checked, variables);
      return estimate;
    },
    uses: checked.uses,
    evaluate(values, limits) {
      const slots = new Array<Value>(slotCount);
      const frame: Frame = { slots, cost: 0, limit: limits?.cost ?? defaultCostLimit };
      try {
        for (let slot = 0; slot < inputs.length; slot++) {
          const input = inputs[slot] as (typeof inputs)[number];
          slots[slot] = input.convert(values[input.name]);
        }
        const native = withWorkLimit(() => step(frame));
        return new Result(native, frame.cost);
      } catch (error) {
        const failed = asFailure(error);
        if (failed instanceof CelEvaluationError) failed.cost = frame.cost;
        throw failed;
      }
    },
  };
}

class Result implements CelResult {
  readonly native: Value;
  readonly cost: number;
  constructor(native: Value, cost: number) {
    this.native = native;
    this.cost = cost;
  }
  get value(): unknown {
    try {
      return withWorkLimit(() => toJson(this.native));
    } catch (error) {
      throw asFailure(error);
    }
  }
}

/** Texts too long and values nested too deep are failures of the expression, not of the server. */
function asFailure(error: unknown): unknown {
  if (error instanceof CelEvaluationError || !(error instanceof RangeError)) return error;
  return failure(`value too large or nested too deep: ${error.message}`);
}
