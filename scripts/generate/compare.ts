import type { Field } from "../../src/api/schema.ts";
import type { Model } from "./client-node/models.ts";
import { specialTypes } from "./overlay/extra-definitions.ts";

/**
 * Compares a definition from Go with the OpenAPI model of the same type.
 *
 * @returns one line per difference
 */
export function compareFields(
  definition: string,
  fields: Readonly<Record<string, Field>>,
  openapi: { model: Model; classes: ReadonlyMap<string, string> },
): string[] {
  const problems: string[] = [];
  const modelNames = new Set(openapi.model.fields.map((field) => field.name));
  for (const name of Object.keys(fields)) {
    if (!modelNames.has(name)) problems.push(`${definition}.${name} is only in Go`);
  }
  for (const modelField of openapi.model.fields) {
    const field = fields[modelField.name];
    if (field === undefined) {
      problems.push(`${definition}.${modelField.name} is only in OpenAPI`);
      continue;
    }
    const expected = clientNodeType(field, openapi.classes);
    if (expected !== modelField.type) {
      problems.push(`${definition}.${modelField.name} is ${expected} in Go and ${modelField.type} in OpenAPI`);
    }
    if (field.format !== undefined && field.format !== modelField.format) {
      problems.push(`${definition}.${modelField.name} is ${field.format} in Go and ${modelField.format} in OpenAPI`);
    }
    if (modelField.format === "byte" && field.type !== "bytes") {
      problems.push(`${definition}.${modelField.name} is bytes in OpenAPI only`);
    }
  }
  return problems;
}

/** How client-node writes the type of such a field; it shows quantities as strings. */
function clientNodeType(field: Field, classes: ReadonlyMap<string, string>): string {
  const element = elementType(field, classes);
  if (field.container === "list") return `Array<${element}>`;
  return field.container === "map" ? `{ [key: string]: ${element}; }` : element;
}

function elementType(field: Field, classes: ReadonlyMap<string, string>): string {
  switch (field.type) {
    case "string":
    case "boolean":
    case "number":
      return field.type;
    case "bytes":
      return "string";
    case "integer":
      return "number";
    default:
      if (field.ref === undefined) return "any";
  }
  switch (specialTypes[field.ref]) {
    case undefined:
      // Structs without fields are no classes of client-node.
      return classes.get(field.ref) ?? "any";
    case "quantity":
      return "string";
    case "intOrString":
      return "IntOrString";
    case "time":
      return "Date";
    case "microTime":
      return "V1MicroTime";
    case "extraValue":
    case "verbs":
      return "Array<string>";
    default:
      return "any";
  }
}
