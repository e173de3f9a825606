/** What a configuration file may hold: a field with a shape of its own, a list of such, or a plain value. */
export type Shape =
  | "string"
  | "boolean"
  | "integer"
  | "strings"
  | { readonly [field: string]: Shape }
  | readonly [Shape];

/** Fields that the shape does not know, and values of another type than it says, as upstream's strict decoder words them. */
export function shapeErrors(value: unknown, shape: Shape, path = ""): string[] {
  if (value === undefined || value === null) return [];
  if (typeof shape === "string") return fits(value, shape) ? [] : [wrongType(path, value, shape)];
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [wrongType(path, value, "array")];
    return value.flatMap((item, index) => shapeErrors(item, shape[0] as Shape, `${path}[${index}]`));
  }
  if (typeof value !== "object" || Array.isArray(value)) return [wrongType(path, value, "object")];
  const fields = shape as Readonly<Record<string, Shape>>;
  return Object.entries(value).flatMap(([name, field]) => {
    const where = path === "" ? name : `${path}.${name}`;
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return known === undefined ? [`unknown field ${JSON.stringify(where)}`] : shapeErrors(field, known, where);
  });
}

function fits(value: unknown, shape: string): boolean {
  if (shape === "strings") return Array.isArray(value) && value.every((item) => typeof item === "string");
  if (shape === "integer") return Number.isInteger(value);
  return typeof value === shape;
}

function wrongType(path: string, value: unknown, shape: string): string {
  const wanted = shape === "strings" ? "array of strings" : shape;
  const found = Array.isArray(value) ? "array" : typeof value;
  return `cannot unmarshal ${found} into field ${JSON.stringify(path)} of type ${wanted}`;
}
