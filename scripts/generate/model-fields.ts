import type { Field } from "../../src/api/schema.ts";
import type { ModelField } from "./client-node/models.ts";
import { type DefinitionName, elementClass } from "./naming.ts";

const time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";

/** Turns a field of an OpenAPI model into a schema field. */
export function modelField(field: ModelField, names: ReadonlyMap<string, DefinitionName>): Field {
  const container = field.type.startsWith("Array<") ? "list" : field.type.startsWith("{") ? "map" : undefined;
  return { ...elementShape(field, names), ...(container === undefined ? {} : { container }) };
}

function elementShape(field: ModelField, names: ReadonlyMap<string, DefinitionName>): Field {
  const type = elementClass(field.type);
  switch (type) {
    case "string":
      return { type: field.format === "byte" ? "bytes" : "string" };
    case "boolean":
      return { type };
    case "number":
      return { type: field.format === "double" ? "number" : "integer", format: field.format };
    case "Date":
      return { ref: time };
    default: {
      const name = names.get(type);
      if (name === undefined)
        throw new Error(`client-node: field ${field.name} has the unsupported type ${field.type}`);
      return { ref: name.definition };
    }
  }
}
