import type { Field } from "../../../src/api/schema.ts";
import type { StructField } from "./structs.ts";
import type { GoType } from "./types.ts";

type Shape = Pick<Field, "type" | "ref" | "container" | "format">;

/** Turns a Go struct field into a schema field. */
export function goField(field: StructField): Field {
  const pointer = field.type.kind === "pointer";
  const type = pointer ? field.type.element! : field.type;
  return {
    ...shapeOf(type, field.name),
    ...(field.number === undefined ? {} : { number: field.number }),
    ...(field.inside.length === 0 ? {} : { inside: field.inside }),
    ...(pointer ? { pointer: true } : {}),
    ...(field.omitEmpty ? {} : { keepEmpty: true }),
    ...(field.patchStrategy === undefined ? {} : { patchStrategy: field.patchStrategy }),
    ...(field.patchMergeKey === undefined ? {} : { patchMergeKey: field.patchMergeKey }),
  };
}

function shapeOf(type: GoType, where: string): Shape {
  if (isBytes(type)) return { type: "bytes" };
  if (isWrappedList(type)) return { ref: definitionName(type) };
  if (type.kind === "slice") return { ...elementShape(type.element!, where), container: "list" };
  if (type.kind === "map") {
    if (type.key!.kind !== "string")
      throw new Error(`Go field ${where}: maps from ${type.key!.text} are not supported`);
    return { ...elementShape(type.element!, where), container: "map" };
  }
  return elementShape(type, where);
}

function elementShape(type: GoType, where: string): Shape {
  if (isBytes(type)) return { type: "bytes" };
  if (isWrappedList(type)) return { ref: definitionName(type) };
  switch (type.kind) {
    case "string":
    case "boolean":
      return { type: type.kind };
    case "integer":
      return { type: "integer", format: type.size === 8 ? "int64" : "int32" };
    case "float":
      return { type: "number", format: "double" };
    case "struct":
      return { ref: definitionName(type) };
    case "other":
      // An interface: any JSON value.
      return {};
    default:
      throw new Error(`Go field ${where}: type ${type.text} is not supported`);
  }
}

function isBytes(type: GoType): boolean {
  return type.kind === "slice" && type.element!.text === "uint8";
}

/** Named lists of strings that protobuf wraps in a message of their own. */
function isWrappedList(type: GoType): boolean {
  return type.kind === "slice" && (type.name === "ExtraValue" || type.name === "Verbs");
}

function definitionName(type: GoType): string {
  return `io.${type.package.replaceAll("/", ".").replace(/^k8s\.io/, "k8s")}.${type.name}`;
}
