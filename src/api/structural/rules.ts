import type { Cel } from "../cel/cel.ts";
import { loadCel } from "../cel/load-cel.ts";
import type { FieldError } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { isJsonObject } from "../patch/json-value.ts";
import { type DeclaredType, declaredPartType, declaredRootType } from "./cel-types.ts";
import { correlatedElements, correlatedField, isUnchanged } from "./correlate.ts";
import { type Budget, evaluateRules } from "./evaluate-rules.ts";
import { portions } from "./portions.ts";
import { compileRulePrograms, type RuleProgram } from "./rule-programs.ts";
import type { StructuralSchema } from "./structural.ts";

/** The rules of a version (x-kubernetes-validations), compiled. */
export interface Rules {
  /**
   * What the rules say of an object, or of a change. Bounded by cost; never throws.
   *
   * @param options.isRatcheting false to tell also what was so before
   */
  validate(object: unknown, old?: unknown, options?: { readonly isRatcheting: boolean }): RuleFindings;
}

export interface RuleFindings {
  readonly errors: FieldError[];
  /** What is wrong, but was so before: for `Warning` headers. */
  readonly warnings: FieldError[];
}

/** Cost units that all rules together may use for one object. */
const RUNTIME_COST_BUDGET = 10_000_000;

/**
 * Compiles a version's rules. CEL is loaded when there are any; undefined where there are none. A rule that does not compile
 * is told with each object that it is about.
 */
export async function compileRules(
  schema: StructuralSchema,
  part: { readonly isResourceRoot: boolean; readonly path: string } = { isResourceRoot: true, path: "" },
): Promise<Rules | undefined> {
  if (!hasRules(schema)) return undefined;
  const cel = await loadCel();
  const declared = part.isResourceRoot ? declaredRootType(schema) : declaredPartType(schema);
  const tree = await compileTree(schema, declared, { cel, pause: portions(RULES_AT_ONCE) });
  if (tree === undefined) return undefined;
  return {
    validate(object, old, { isRatcheting } = { isRatcheting: true }) {
      const findings: RuleFindings = { errors: [], warnings: [] };
      const budget: Budget = { remaining: RUNTIME_COST_BUDGET };
      const correlation = isRatcheting ? rootCorrelation(object, old, schema) : never;
      validateNode(tree, { value: object, old, path: part.path, correlation }, { findings, budget, isRatcheting });
      return findings;
    },
  };
}

interface RuleTree {
  readonly type: string;
  readonly source: JSONSchemaProps;
  readonly programs: readonly RuleProgram[];
  /** It has rules, but nothing says what they are about: items of something that is no list. */
  readonly isUntyped: boolean;
  readonly items?: RuleTree;
  readonly additionalProperties?: RuleTree;
  readonly properties: ReadonlyMap<string, RuleTree>;
}

function hasRules(schema: StructuralSchema): boolean {
  return (
    (schema.source["x-kubernetes-validations"]?.length ?? 0) > 0 ||
    (schema.items !== undefined && hasRules(schema.items)) ||
    (typeof schema.additionalProperties === "object" && hasRules(schema.additionalProperties)) ||
    [...(schema.properties?.values() ?? [])].some(hasRules)
  );
}

const RULES_AT_ONCE = 20;

interface Compiler {
  readonly cel: Cel;
  readonly pause: () => Promise<void> | undefined;
}

/** Only parts with rules in them are walked later. */
async function compileTree(
  schema: StructuralSchema,
  declared: DeclaredType | undefined,
  compiler: Compiler,
): Promise<RuleTree | undefined> {
  if (!hasRules(schema)) return undefined;
  const element = declared?.element;
  const items = schema.items === undefined ? undefined : await compileTree(schema.items, element, compiler);
  const { additionalProperties } = schema;
  const values =
    typeof additionalProperties === "object" ? await compileTree(additionalProperties, element, compiler) : undefined;
  const properties = new Map<string, RuleTree>();
  for (const [name, property] of schema.properties ?? []) {
    const own = declared?.properties?.get(name);
    // Nothing is known about its type, so there are no rules about it.
    if (own === undefined) continue;
    const tree = await compileTree(property, own, compiler);
    if (tree !== undefined) properties.set(name, tree);
  }
  const programs = declared === undefined ? [] : compileRulePrograms(compiler.cel, schema, declared);
  for (const _ of programs) await compiler.pause();
  return {
    type: schema.type ?? "",
    source: schema.source,
    programs,
    isUntyped: declared === undefined && (schema.source["x-kubernetes-validations"]?.length ?? 0) > 0,
    ...(items === undefined ? {} : { items }),
    ...(values === undefined ? {} : { additionalProperties: values }),
    properties,
  };
}

/** Says of a part whether it, or the nearest part around it that continues an old one, is as it was. */
type Correlation = () => boolean;

interface RuleNode {
  readonly value: unknown;
  readonly old: unknown;
  readonly path: string;
  readonly correlation: Correlation;
}

interface Walk {
  readonly findings: RuleFindings;
  readonly budget: Budget;
  readonly isRatcheting: boolean;
}

const never: Correlation = () => false;

const rootCorrelation = (object: unknown, old: unknown, { source }: StructuralSchema): Correlation =>
  old === undefined ? never : lazily(() => isUnchanged(source, object, old));

function lazily(compute: () => boolean): Correlation {
  let result: boolean | undefined;
  return () => (result ??= compute());
}

function validateNode(tree: RuleTree, node: RuleNode, walk: Walk): void {
  const { value } = node;
  if (value === null || value === undefined || walk.budget.remaining < 0) return;
  evaluateRules(tree, node, walk);
  if (Array.isArray(value) && tree.items !== undefined) {
    const correlated = correlatedElements(tree.source, node.old);
    for (const [index, element] of value.entries()) {
      const child = { value: element, old: correlated(element), path: `${node.path}[${index}]` };
      validateNode(tree.items, { ...child, correlation: correlationOf(tree.items, child, { node, walk }) }, walk);
    }
  }
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const property = tree.properties.get(key);
    const below = property ?? tree.additionalProperties;
    if (below === undefined) continue;
    const path = property === undefined ? `${node.path}[${key}]` : node.path === "" ? key : `${node.path}.${key}`;
    const child = { value: value[key], old: correlatedField(node.old, key), path };
    const isTypeMeta = node.path === "" && (key === "apiVersion" || key === "kind");
    validateNode(
      below,
      { ...child, correlation: isTypeMeta ? never : correlationOf(below, child, { node, walk }) },
      walk,
    );
  }
}

function correlationOf(
  tree: RuleTree,
  child: { value: unknown; old: unknown },
  { node, walk }: { node: RuleNode; walk: Walk },
): Correlation {
  if (!walk.isRatcheting) return never;
  if (child.old === undefined) return node.correlation;
  return lazily(() => isUnchanged(tree.source, child.value, child.old));
}
