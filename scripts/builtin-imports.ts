/** An import of one of Node's own modules, of values: its names, and the module. */
const IMPORT = /^import (?!type )([^;"]+?) from "(node:[a-z0-9_/]+)";$/gm;
const DEFAULT = /^(?:\* as )?([\w$]+)$/;

/**
 * A module's text with Node's own modules taken by getBuiltinModule where it imports them. An import statement would make
 * an ES module of each, which reads every one of its exports, and with them loads what only some of them need (40 ms for
 * node:http alone, which then loads undici); and as modules of the bundle they would each be a chunk, and be copied by name.
 *
 * @throws {Error} on an import that it does not understand (a default together with names)
 */
export function takeBuiltins(source: string): string {
  return source.replaceAll(IMPORT, (_statement, clause: string, name: string) => {
    const module = `process.getBuiltinModule(${JSON.stringify(name)})`;
    const whole = DEFAULT.exec(clause);
    if (whole !== null) return `const ${whole[1]} = ${module};`;
    const named = /^\{([^}]*)\}$/.exec(clause);
    if (named === null) throw new Error(`cannot build: import ${clause} from ${name}: write it as two imports`);
    const names = named[1]!
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== "" && !each.startsWith("type "));
    return names.length === 0
      ? ""
      : `const { ${names.map((each) => each.replace(" as ", ": ")).join(", ")} } = ${module};`;
  });
}
