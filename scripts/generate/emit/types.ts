import type { Definition, Field, SpecialType } from "../../../src/api/schema.ts";
import type { Descriptions } from "../enrich.ts";
import { fieldTypes } from "../overlay/field-types.ts";
import { type Group, groups, metaGroup, otherGroups } from "../overlay/groups.ts";

/** Types that src/api/meta.ts writes by hand, because generic machinery works on them. */
const handWritten = new Set(["ListMeta", "ManagedFieldsEntry", "ObjectMeta", "OwnerReference"]);

/** Where a definition's type is, e.g. { path: "apps/v1", name: "Deployment" }. */
interface Location {
  readonly path: string;
  readonly name: string;
}

/**
 * Writes one TypeScript module per group-version.
 *
 * @returns from file name, relative to the output folder, to text
 */
export function emitTypes(
  definitions: ReadonlyMap<string, Definition>,
  descriptions: Descriptions,
): Map<string, string> {
  const modules = new Map<string, { location: Location; definition: string }[]>();
  for (const [definition, { special }] of definitions) {
    if (special !== undefined) continue;
    const location = locate(definition);
    modules.set(location.path, [...(modules.get(location.path) ?? []), { location, definition }]);
  }
  const files = new Map<string, string>();
  for (const [path, members] of modules) {
    members.sort((a, b) => (a.location.name < b.location.name ? -1 : 1));
    const references = new References(path, definitions);
    const interfaces = members
      .filter(({ location }) => path !== "meta/v1" || !handWritten.has(location.name))
      .map(({ location, definition }) =>
        emitInterface(location.name, definition, { definitions, descriptions, references }),
      );
    files.set(`${path}.ts`, `${references.imports()}\n${interfaces.join("\n")}`);
  }
  return files;
}

function locate(definition: string): Location {
  if (definition === "io.k8s.apimachinery.pkg.version.Info") return { path: "meta/v1", name: "VersionInfo" };
  const [name, version] = definition.split(".").reverse();
  const prefix = definition.slice(0, definition.length - name!.length - version!.length - 2);
  const group = [...groups, metaGroup, ...otherGroups].find(
    (candidate: Group) => candidate.definitionPrefix === prefix,
  );
  if (group === undefined) throw new Error(`overlay/groups.ts has no group for ${definition}`);
  return { path: `${group.name === "" ? "core" : group.name}/${version}`, name: name! };
}

/** Collects what a module imports while its types are written. */
class References {
  readonly #path: string;
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #imports = new Map<string, Set<string>>();

  constructor(path: string, definitions: ReadonlyMap<string, Definition>) {
    this.#path = path;
    this.#definitions = definitions;
  }

  type(definition: string): string {
    const special = this.#definitions.get(definition)?.special;
    if (special !== undefined) return specialType(special);
    const { path, name } = locate(definition);
    const byHand = path === "meta/v1" && handWritten.has(name);
    if (path === this.#path && !byHand) return name;
    const from = byHand ? "../../meta.ts" : `../${path}.ts`;
    this.#imports.set(from, (this.#imports.get(from) ?? new Set()).add(name));
    return name;
  }

  imports(): string {
    const lines = [...this.#imports]
      .sort()
      .map(([from, names]) => `import type { ${[...names].sort().join(", ")} } from "${from}";\n`);
    if (this.#path === "meta/v1") lines.push(`export type { ${[...handWritten].join(", ")} } from "../../meta.ts";\n`);
    return lines.join("");
  }
}

function emitInterface(
  name: string,
  definition: string,
  context: { definitions: ReadonlyMap<string, Definition>; descriptions: Descriptions; references: References },
): string {
  const texts = context.descriptions[definition] ?? {};
  const fields = Object.entries(context.definitions.get(definition)!.fields).map(([fieldName, field]) => {
    const key = /^[A-Za-z]\w*$/.test(fieldName) ? fieldName : JSON.stringify(fieldName);
    const text = fieldName === "apiVersion" || fieldName === "kind" ? "" : texts[fieldName];
    const type = fieldTypes[`${definition}.${fieldName}`] ?? fieldType(field, context.references);
    return `${comment(text ?? "", "  ")}  ${key}${field.required ? "" : "?"}: ${type};\n`;
  });
  return `${comment(texts[""] ?? "", "")}export interface ${name} {\n${fields.join("")}}\n`;
}

function fieldType(field: Field, references: References): string {
  const element = elementType(field, references);
  if (field.container === "map") return `Record<string, ${element}>`;
  if (field.container === "list") return element.includes("|") ? `(${element})[]` : `${element}[]`;
  return element;
}

function elementType(field: Field, references: References): string {
  if (field.ref !== undefined) return references.type(field.ref);
  switch (field.type) {
    case undefined:
      return "unknown";
    case "bytes":
      return "string";
    case "integer":
      return "number";
    default:
      return field.type;
  }
}

function specialType(special: SpecialType): string {
  switch (special) {
    case "quantity":
    case "time":
    case "microTime":
      return "string";
    case "intOrString":
      return "number | string";
    case "extraValue":
    case "verbs":
      return "string[]";
    default:
      return "unknown";
  }
}

/** First sentence only: whole descriptions are in descriptions.json. */
function comment(description: string, indent: string): string {
  const text = /^[\s\S]*?\.(?=\s|$)/.exec(description)?.[0] ?? description;
  return text === "" ? "" : `${indent}/** ${text.replaceAll("*/", "*\\/").replaceAll("\n", " ")} */\n`;
}
