import type { StructuralSchema } from "./structural.ts";

/** A path that a definition names, such as `.spec.x['a.b']`, followed through the schema. */
export type FoundPath =
  /** @property root first name; @property path as errors write it */
  | { readonly path: string; readonly root: string; readonly schema: StructuralSchema | undefined }
  | { readonly error: string };

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "'": "'",
  "\\": "\\",
};

class PathError extends Error {}

/** Follows names of fields and keys of maps; elements of lists have no names. */
export function validFieldPath(
  text: string,
  schema: StructuralSchema,
  options: { readonly allowsBrackets?: boolean } = {},
): FoundPath {
  try {
    return follow(tokensOf(text), schema, options.allowsBrackets ?? true);
  } catch (error) {
    if (error instanceof PathError) return { error: error.message };
    throw error;
  }
}

function follow(tokens: readonly string[], root: StructuralSchema, allowsBrackets: boolean): FoundPath {
  let schema: StructuralSchema | undefined = root;
  let path = "";
  let first = "";
  const next = tokens[Symbol.iterator]();
  const take = (): string => {
    const { value, done } = next.next();
    if (done === true) throw new PathError("unexpected end of JSON path");
    return value;
  };
  for (const token of next) {
    if (token !== "." && token !== "[") throw new PathError(`expected [ or . but got: ${token}`);
    if (token === "[" && !allowsBrackets) throw new PathError("array notation is not allowed");
    const name: string = token === "." ? take() : unquoted(take());
    if (schema?.properties !== undefined) {
      schema = schema.properties.get(name);
      if (schema === undefined) throw new PathError("does not refer to a valid field");
      path = path === "" ? name : `${path}.${name}`;
    } else if (schema?.additionalProperties !== undefined) {
      schema = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
      path = `${path}[${name}]`;
    } else throw new PathError("does not refer to a valid field");
    first ||= name;
    if (token === "[") {
      const close = take();
      if (close !== "]") throw new PathError(`expected ] but got ${close}`);
    }
  }
  return { path, root: first, schema };
}

/** Delimiters, quoted texts, and what is between them. */
function tokensOf(text: string): string[] {
  return text.match(/[.[\]]|'(?:\\.|[^'\\])*'|[^.[\]']+|'/gs) ?? [];
}

function unquoted(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) {
    throw new PathError(`expected single quoted string but got ${token}`);
  }
  return token.slice(1, -1).replaceAll(/\\(.)/gs, (whole, escaped: string) => {
    const character = ESCAPES[escaped];
    if (character === undefined) throw new PathError(`invalid string literal: invalid escape char ${whole}`);
    return character;
  });
}
