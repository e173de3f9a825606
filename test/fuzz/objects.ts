import fc from "fast-check";
import type { Field, Schema } from "../../src/api/schema.ts";

/** Text that some field takes: names, numbers, enum values of others. Mostly names, so that objects meet each other. */
const TEXTS = [
  "a",
  "b",
  "web",
  "default",
  "kube-system",
  "a.b",
  "example.com/x",
  "10.96.0.7",
  "fd00::1",
  "1Gi",
  "50%",
  "*",
];
const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
);
const key = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("a", "app", "b.c/d", "cpu", "memory", "x-y_z") },
  { weight: 1, arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "", "hasOwnProperty") },
);
const seconds = fc.integer({ min: 0, max: 4102444800 });

export type Fields = Record<string, unknown>;

/** Objects of a schema's definitions: every field has a value of its type, which need not make sense together. */
export class ObjectSource {
  readonly #schema: Schema;
  readonly #known = new Map<string, fc.Arbitrary<Fields>>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** @param depth how many references to follow */
  object(definition: string, depth: number): fc.Arbitrary<Fields> {
    const id = `${definition} ${depth}`;
    let known = this.#known.get(id);
    if (known === undefined) {
      known = this.#objectOf(definition, depth);
      this.#known.set(id, known);
    }
    return known;
  }

  #objectOf(definition: string, depth: number): fc.Arbitrary<Fields> {
    const fields = this.#schema.definitions[definition]?.fields ?? {};
    const names = Object.keys(fields).filter((name) => !["apiVersion", "kind"].includes(name));
    const required = names.filter((name) => fields[name]!.required === true);
    const optional = names.filter((name) => fields[name]!.required !== true);
    const isTop = optional.includes("metadata");
    return fc.subarray(optional, { maxLength: Math.min(5, optional.length) }).chain((some) => {
      const chosen = isTop
        ? new Set([...required, ...some, ...optional.filter((name) => name === "spec")])
        : new Set([...required, ...some]);
      chosen.delete(isTop ? "metadata" : "");
      const shape: Record<string, fc.Arbitrary<unknown>> = {};
      for (const name of chosen) shape[name] = this.#field(fields[name]!, depth);
      return fc.record(shape, { noNullPrototype: true }) as fc.Arbitrary<Fields>;
    });
  }

  #field(field: Field, depth: number): fc.Arbitrary<unknown> {
    const element = this.#element(field, depth);
    if (field.container === "list") return fc.array(element, { maxLength: 2 });
    if (field.container === "map") return fc.dictionary(key, element, { maxKeys: 2, noNullPrototype: true });
    return element;
  }

  #element(field: Field, depth: number): fc.Arbitrary<unknown> {
    const special = field.ref === undefined ? undefined : this.#schema.definitions[field.ref]?.special;
    if (field.ref === undefined) return scalar(field);
    switch (special) {
      case undefined:
        return depth <= 0 ? fc.constant({}) : this.object(field.ref, depth - 1);
      case "quantity":
        return fc.constantFrom("1", "100m", "1.5Gi", "-3", "0", "1e3", "9E", "0.5");
      case "intOrString":
        return fc.oneof(fc.integer(), fc.constantFrom("50%", "http", "-1%", "0"));
      case "time":
        return seconds.map((value) => `${new Date(value * 1000).toISOString().slice(0, 19)}Z`);
      case "microTime":
        return seconds.map((value) => `${new Date(value * 1000).toISOString().slice(0, 19)}.000001Z`);
      case "extraValue":
      case "verbs":
        return fc.array(text, { maxLength: 2 });
      case "jsonSchemaPropsOrBool":
        return fc.boolean();
      case "jsonSchemaPropsOrArray":
      case "jsonSchemaPropsOrStringArray":
        return depth <= 0 ? fc.constant({}) : this.object(SCHEMA_PROPS, depth - 1);
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  }
}

const SCHEMA_PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

function scalar(field: Field): fc.Arbitrary<unknown> {
  if (field.enum !== undefined && field.enum.length > 0) {
    return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...field.enum) }, { weight: 1, arbitrary: text });
  }
  switch (field.type) {
    case "string":
      return text;
    case "bytes":
      return fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 0, max: 100 }) },
        { weight: 1, arbitrary: fc.integer() },
      );
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}
