import type { Model, ModelField } from "../client-node/models.ts";
import { type DefinitionName, elementClass } from "../naming.ts";
import { fieldTypes } from "../overlay/field-types.ts";

/** Types that src/api/meta.ts writes by hand, because generic machinery works on them. */
const handWritten = new Set(["ObjectMeta", "ListMeta", "OwnerReference", "ManagedFieldsEntry"]);

interface Module {
  /** e.g. `apps/v1`. */
  readonly path: string;
  readonly models: Model[];
}

/**
 * Writes one TypeScript module per group-version.
 *
 * @returns from file name, relative to the output folder, to text
 */
export function emitTypes(models: readonly Model[], names: ReadonlyMap<string, DefinitionName>): Map<string, string> {
  const modules = new Map<string, Module>();
  for (const model of models) {
    const path = modulePath(names.get(model.className)!);
    const module = modules.get(path) ?? { path, models: [] };
    modules.set(path, module);
    module.models.push(model);
  }
  return new Map([...modules.values()].map((module) => [`${module.path}.ts`, emitModule(module, names)]));
}

/** Where a definition's type is, without ending: `core/v1`, `apps/v1`, `meta/v1`. */
export function modulePath({ group, version }: DefinitionName): string {
  return `${group.name === "" ? "core" : group.name}/${version}`;
}

function emitModule(module: Module, names: ReadonlyMap<string, DefinitionName>): string {
  const imports = new Map<string, Set<string>>();
  const local = new Set(module.models.map((model) => names.get(model.className)!.name));
  const refer = (className: string): string => {
    const name = names.get(className);
    if (name === undefined) throw new Error(`client-node: a field of ${module.path} has the unknown type ${className}`);
    const from =
      handWritten.has(name.name) && name.group.name === "meta" ? "../../meta.ts" : `../${modulePath(name)}.ts`;
    if (from === `../${module.path}.ts`) return name.name;
    if (local.has(name.name) && module.path !== "meta/v1")
      throw new Error(`${module.path} declares ${name.name} and also needs the one of ${from}`);
    imports.set(from, (imports.get(from) ?? new Set()).add(name.name));
    return name.name;
  };
  const interfaces: string[] = [];
  const sorted = module.models.map((model) => ({ model, name: names.get(model.className)! }));
  sorted.sort((a, b) => (a.name.name < b.name.name ? -1 : 1));
  for (const { model, name } of sorted) {
    if (module.path === "meta/v1" && handWritten.has(name.name)) continue;
    interfaces.push(emitInterface(model, name, refer));
  }
  const lines = [...imports]
    .sort()
    .map(([from, types]) => `import type { ${[...types].sort().join(", ")} } from "${from}";\n`);
  if (module.path === "meta/v1")
    lines.push(`export type { ${[...handWritten].sort().join(", ")} } from "../../meta.ts";\n`);
  return `${lines.join("")}\n${interfaces.join("\n")}`;
}

function emitInterface(model: Model, name: DefinitionName, refer: (className: string) => string): string {
  const fields = model.fields.map((field) => {
    const override = fieldTypes[`${name.definition}.${field.name}`];
    const key = /^[A-Za-z]\w*$/.test(field.name) ? field.name : JSON.stringify(field.name);
    const text = isTypeMeta(field.name) ? "" : field.description;
    return `${comment(text, "  ")}  ${key}${field.required ? "" : "?"}: ${override ?? fieldType(field, refer)};\n`;
  });
  return `${comment(model.description, "")}export interface ${name.name} {\n${fields.join("")}}\n`;
}

function isTypeMeta(field: string): boolean {
  return field === "apiVersion" || field === "kind";
}

function fieldType(field: ModelField, refer: (className: string) => string): string {
  return jsonType(field.type, refer);
}

function jsonType(type: string, refer: (className: string) => string): string {
  if (type.startsWith("Array<")) return `${parenthesized(jsonType(elementClass(type), refer))}[]`;
  if (type.startsWith("{ [key: string]:")) return `Record<string, ${jsonType(elementClass(type), refer)}>`;
  switch (type) {
    case "string":
    case "number":
    case "boolean":
      return type;
    case "Date":
    case "V1MicroTime":
      return "string";
    case "IntOrString":
      return "number | string";
    case "any":
      return "unknown";
    default:
      return refer(type);
  }
}

function parenthesized(type: string): string {
  return type.includes("|") ? `(${type})` : type;
}

/** First sentence only: whole descriptions are in descriptions.json. */
function comment(description: string, indent: string): string {
  const text = /^[\s\S]*?\.(?=\s|$)/.exec(description)?.[0] ?? description;
  return text === "" ? "" : `${indent}/** ${text.replaceAll("*/", "*\\/").replaceAll("\n", " ")} */\n`;
}
