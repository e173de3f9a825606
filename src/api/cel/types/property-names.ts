/** Words that an expression cannot use as a field's name; `self.__namespace__` names the field `namespace`. */
const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** Whether a name is a word of CEL. */
export const isReservedWord = (name: string): boolean => reserved.has(name);

/** The property of a name that is a word of CEL and stands where only a field can: `self.namespace`. */
export function findProperty<T>(properties: ReadonlyMap<string, T>, name: string): T | undefined {
  return properties.get(name) ?? (reserved.has(name) ? properties.get(`__${name}__`) : undefined);
}

/** How expressions name a property. Undefined when no expression can: it starts with a digit or holds other letters. */
export function escapePropertyName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}
