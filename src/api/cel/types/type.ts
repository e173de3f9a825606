/** A type, as the checker sees it. Types are plain data; compare them with `sameType`. */
export interface Type {
  readonly kind:
    | "dyn"
    | "error"
    | "null"
    | "bool"
    | "int"
    | "uint"
    | "double"
    | "string"
    | "bytes"
    | "timestamp"
    | "duration"
    | "list"
    | "map"
    | "type"
    | "object"
    | "opaque"
    | "parameter";
  /** As messages print it: the kind, the name of an object, of a library's type or of a type parameter. */
  readonly name: string;
  readonly parameters: readonly Type[];
  /** Of an object: the type of a field by its name in expressions; undefined when it has no such field. */
  readonly field?: (name: string) => Type | undefined;
}

function plain(kind: Type["kind"], name: string = kind): Type {
  return { kind, name, parameters: [] };
}

export const dynType = plain("dyn");
export const errorType = plain("error", "!error!");
export const nullType = plain("null", "null");
export const boolType = plain("bool");
export const intType = plain("int");
export const uintType = plain("uint");
export const doubleType = plain("double");
export const stringType = plain("string");
export const bytesType = plain("bytes");
export const timestampType = plain("timestamp");
export const durationType = plain("duration");

export const listOf = (element: Type): Type => ({ kind: "list", name: "list", parameters: [element] });
export const mapOf = (key: Type, value: Type): Type => ({ kind: "map", name: "map", parameters: [key, value] });
export const typeOf = (type: Type): Type => ({ kind: "type", name: "type", parameters: [type] });
export const opaque = (name: string, ...parameters: Type[]): Type => ({ kind: "opaque", name, parameters });
export const optionalOf = (element: Type): Type => opaque("optional_type", element);
export const typeParameter = (name: string): Type => plain("parameter", name);
export const objectType = (name: string, field: (name: string) => Type | undefined): Type => ({
  kind: "object",
  name,
  parameters: [],
  field,
});

export const isOptional = (type: Type): boolean => type.kind === "opaque" && type.name === "optional_type";

export function formatType(type: Type): string {
  return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(formatType).join(", ")})`;
}

export function sameType(left: Type, right: Type): boolean {
  return (
    left.kind === right.kind &&
    left.name === right.name &&
    left.parameters.length === right.parameters.length &&
    left.parameters.every((parameter, index) => sameType(parameter, right.parameters[index] as Type))
  );
}

const named: Readonly<Record<string, Type>> = {
  dyn: dynType,
  bool: boolType,
  int: intType,
  uint: uintType,
  double: doubleType,
  string: stringType,
  bytes: bytesType,
  null: nullType,
  timestamp: timestampType,
  duration: durationType,
};

/** Reads `list<T>`, `map<string, dyn>`, `optional<T>`, `type<T>`, the names of basic types, single capitals as parameters, and library types by name. */
export function parseType(text: string): Type {
  const open = text.indexOf("<");
  if (open < 0) return named[text] ?? (/^[A-Z]$/.test(text) ? typeParameter(text) : opaque(text));
  const parameters = splitParameters(text.slice(open + 1, -1)).map(parseType);
  const name = text.slice(0, open);
  if (name === "optional") return optionalOf(parameters[0] ?? dynType);
  return { kind: name as Type["kind"], name, parameters };
}

function splitParameters(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const [index, letter] of [...text].entries()) {
    if (letter === "<") depth++;
    else if (letter === ">") depth--;
    else if (letter === "," && depth === 0) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}
