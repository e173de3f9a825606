import { type FieldError, invalid } from "../field-error.ts";
import { cloneJson, equalJson, type JsonObject, setField } from "../patch/json-value.ts";
import { coerceMetadata } from "../structural/coerce-metadata.ts";
import { asResourceRoot, META_FIELDS } from "../structural/compile.ts";
import { validateEmbeddedMetadata } from "../structural/embedded-metadata.ts";
import { portions } from "../structural/portions.ts";
import { prune } from "../structural/prune.ts";
import { compileRules } from "../structural/rules.ts";
import type { StructuralSchema } from "../structural/structural.ts";
import { compileValueValidator } from "../structural/validate.ts";

/** What is wrong with the defaults of a structural schema: each must be what its own schema allows, without unknown fields. */
export async function validateDefaults(
  schema: StructuralSchema,
  field: string,
  options: { readonly requiresPruned: boolean },
): Promise<FieldError[]> {
  const root = asResourceRoot(schema);
  const errors: FieldError[] = [];
  await visit(root, { field, root, meta: undefined }, { errors, pause: portions(NODES_AT_ONCE), ...options });
  return errors;
}

interface At {
  readonly field: string;
  /** The nearest resource around. */
  readonly root: StructuralSchema;
  /** Inside of its apiVersion, kind or metadata: the way there from it. */
  readonly meta: readonly (string | number)[] | undefined;
}

interface Walk {
  readonly errors: FieldError[];
  readonly requiresPruned: boolean;
  readonly pause: () => Promise<void> | undefined;
}

const NODES_AT_ONCE = 100;

async function visit(schema: StructuralSchema, at: At, walk: Walk): Promise<void> {
  const here: At = schema.embeddedResource ? { ...at, root: schema, meta: undefined } : at;
  await walk.pause();
  if (schema.default !== undefined) walk.errors.push(...(await defaultErrors(schema, here, walk)));
  // Defaults of additional properties are forbidden.
  if (schema.items !== undefined) {
    await visit(schema.items, { ...here, field: `${here.field}.items`, meta: here.meta && [...here.meta, 0] }, walk);
  }
  for (const [name, property] of schema.properties ?? []) {
    const isMeta = schema.embeddedResource && META_FIELDS.has(name);
    const meta = isMeta ? [name] : here.meta && [...here.meta, name];
    await visit(property, { ...here, field: `${here.field}.properties[${name}]`, meta }, walk);
  }
}

async function defaultErrors(schema: StructuralSchema, at: At, walk: Walk): Promise<FieldError[]> {
  const field = `${at.field}.default`;
  const value = cloneJson(schema.default);
  const errors: FieldError[] = [];
  if (at.meta !== undefined) {
    const wrong = metadataErrors(value, at.meta, at.root);
    if (wrong !== undefined) return [invalid(field, schema.default, `must result in valid metadata: ${wrong}`)];
  } else {
    const isResourceRoot = schema.embeddedResource;
    // Upstream shows what it has coerced meanwhile.
    const shown = cloneJson(value);
    coerceMetadata(schema, shown, { isResourceRoot, dropInvalid: false });
    const pruned = cloneJson(value);
    prune(schema, pruned, { isResourceRoot });
    if (walk.requiresPruned && !equalJson(pruned, value)) {
      errors.push(invalid(field, shown, "must not have unknown fields"));
    }
    const coerced = coerceMetadata(schema, value, { isResourceRoot, dropInvalid: false }).errors;
    if (coerced.length > 0) return [...errors, ...coerced.slice(0, 1).map((error) => below(field, error))];
    const embedded = validateEmbeddedMetadata(schema, value, field);
    if (embedded.length > 0) return [...errors, ...embedded];
  }
  const validate = await compileValueValidator(schema);
  const found = validate(schema.default);
  if (found.length > 0) return [...errors, ...found.map((error) => below(field, error))];
  return [...errors, ...(await defaultRuleErrors(schema, field, at))];
}

/** Rules hold for a default as for a value that did not change, and for one that is new. */
async function defaultRuleErrors(schema: StructuralSchema, field: string, at: At): Promise<FieldError[]> {
  const rules = await compileRules(schema, { isResourceRoot: schema === at.root, path: field });
  if (rules === undefined) return [];
  const { errors } = rules.validate(schema.default, schema.default, { isRatcheting: false });
  return errors.length > 0 ? errors : rules.validate(schema.default).errors;
}

function below(field: string, error: FieldError): FieldError {
  return { ...error, field: error.field === "<nil>" ? field : `${field}.${error.field}` };
}

const TYPE_META = [
  ["kind", "Validation"],
  ["apiVersion", "validation/v1"],
] as const;

/** What would be wrong with an object whose metadata had that value there. */
function metadataErrors(value: unknown, way: readonly (string | number)[], root: StructuralSchema): string | undefined {
  const object = way.reduceRight<unknown>((inner, key) => {
    if (typeof key === "number") return [inner];
    const outer: JsonObject = {};
    setField(outer, key, inner);
    return outer;
  }, value) as JsonObject;
  for (const [key, text] of TYPE_META) if (way[0] !== key) setField(object, key, text);
  const coerced = coerceMetadata(root, object, { isResourceRoot: true, dropInvalid: false }).errors;
  const errors = coerced.length > 0 ? coerced.slice(0, 1) : validateEmbeddedMetadata(asResourceRoot(root), object);
  if (errors.length === 0) return undefined;
  const texts = errors.map((error) => `${error.field}: ${error.message}`);
  return texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
}
