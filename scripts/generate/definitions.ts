import type { Definition, Field, GroupVersionKind } from "../../src/api/schema.ts";
import type { Model } from "./client-node/models.ts";
import { compareFields } from "./compare.ts";
import { goField } from "./go/fields.ts";
import { structFields } from "./go/structs.ts";
import type { GoType } from "./go/types.ts";
import { modelField } from "./model-fields.ts";
import type { DefinitionName } from "./naming.ts";
import { extraKinds, specialTypes } from "./overlay/extra-definitions.ts";
import { missingPointers, missingStructs } from "./overlay/missing-structs.ts";

/** Everything known about the API's types before overlays are applied. */
export interface Sources {
  readonly models: readonly Model[];
  readonly names: ReadonlyMap<string, DefinitionName>;
  readonly structs: ReadonlyMap<string, GoType>;
}

type Fields = Record<string, Field>;
type Draft = { kinds?: GroupVersionKind[]; special?: Definition["special"]; fields: Fields };

/**
 * Joins the OpenAPI models with the Go structs of the same types.
 *
 * @returns definitions by OpenAPI name
 * @throws Error that lists every difference between the two
 */
export function buildDefinitions(sources: Sources): Map<string, Draft> {
  const drafts = new Map<string, Draft>();
  const problems: string[] = [];
  const classes = new Map([...sources.names.values()].map((name) => [name.definition, name.className]));
  for (const model of sources.models) {
    const name = sources.names.get(model.className)!;
    const struct = sources.structs.get(goName(name.definition));
    const draft = struct === undefined ? fromModel(model, name, sources.names) : fromStruct(struct);
    if (draft === undefined) {
      problems.push(`${name.definition}: neither a Go struct nor an entry in overlay/missing-structs.ts`);
      continue;
    }
    if (struct !== undefined) problems.push(...compareFields(name.definition, draft.fields, { model, classes }));
    for (const field of model.fields) {
      if (field.required && draft.fields[field.name] !== undefined) {
        draft.fields[field.name] = { ...draft.fields[field.name], required: true };
      }
    }
    if (isKind(struct, model)) draft.kinds = kindsOf(name, sources.names);
    drafts.set(name.definition, draft);
  }
  if (problems.length > 0) throw new Error(`client-node and the Go types differ:\n${problems.join("\n")}`);
  addSpecials(drafts);
  for (const draft of [...drafts.values()]) {
    for (const field of Object.values(draft.fields))
      if (field.ref !== undefined) addExtra(field.ref, drafts, sources.structs);
  }
  for (const [definition, kind] of Object.entries(extraKinds))
    addExtra(definition, drafts, sources.structs).kinds = [kind];
  return drafts;
}

/** `k8s.io/api/core/v1.Pod` of `io.k8s.api.core.v1.Pod`. */
function goName(definition: string): string {
  const parts = definition.replace(/^io\.k8s\./, "").split(".");
  const name = parts.pop()!;
  return `k8s.io/${parts.join("/")}.${name}`;
}

function fromStruct(struct: GoType): Draft {
  const fields: Fields = {};
  for (const field of structFields(struct)) fields[field.name] = goField(field);
  return { fields };
}

function fromModel(model: Model, name: DefinitionName, names: ReadonlyMap<string, DefinitionName>): Draft | undefined {
  const numbers = missingStructs[name.definition];
  if (numbers === undefined) return undefined;
  const byName = new Map(model.fields.map((field) => [field.name, field]));
  const order = [...["kind", "apiVersion"].filter((field) => byName.has(field)), ...Object.keys(numbers)];
  if (order.length !== byName.size || order.some((field) => !byName.has(field))) {
    throw new Error(`overlay/missing-structs.ts: fields of ${name.definition} are ${[...byName.keys()].join(", ")}`);
  }
  const fields: Fields = {};
  for (const field of order) {
    const number = numbers[field];
    const pointer = missingPointers.includes(`${name.definition}.${field}`);
    fields[field] = {
      ...modelField(byName.get(field)!, names),
      ...(number === undefined ? {} : { number }),
      ...(pointer ? { pointer: true } : {}),
      ...(byName.get(field)!.required ? { keepEmpty: true } : {}),
    };
  }
  return { fields };
}

function isKind(struct: GoType | undefined, model: Model): boolean {
  if (model.className === "V1WatchEvent") return true;
  if (struct !== undefined) return struct.fields!.some((field) => field.embedded && field.type.name === "TypeMeta");
  return ["apiVersion", "kind", "metadata"].every((name) => model.fields.some((field) => field.name === name));
}

/** Kinds of meta/v1 belong to the core group; what every client may send is in all groups. */
function kindsOf(name: DefinitionName, names: ReadonlyMap<string, DefinitionName>): GroupVersionKind[] {
  const kind = name.name;
  if (name.group.name !== "meta") return [{ group: name.group.name, version: name.version, kind }];
  if (kind !== "DeleteOptions" && kind !== "WatchEvent") return [{ group: "", version: "v1", kind }];
  const groupVersions = new Map<string, GroupVersionKind>();
  for (const { group, version } of names.values()) {
    if (group.name !== "meta") groupVersions.set(`${group.name}/${version}`, { group: group.name, version, kind });
  }
  return [...groupVersions.values()].sort((a, b) => (`${a.group}/${a.version}` < `${b.group}/${b.version}` ? -1 : 1));
}

function addSpecials(drafts: Map<string, Draft>): void {
  for (const [definition, special] of Object.entries(specialTypes)) drafts.set(definition, { special, fields: {} });
}

/** Adds a definition that client-node lacks, and what it refers to. */
function addExtra(definition: string, drafts: Map<string, Draft>, structs: ReadonlyMap<string, GoType>): Draft {
  const known = drafts.get(definition);
  if (known !== undefined) return known;
  const struct = structs.get(goName(definition));
  if (struct === undefined) throw new Error(`overlay/extra-definitions.ts: there is no Go struct of ${definition}`);
  const draft = fromStruct(struct);
  drafts.set(definition, draft);
  for (const [name, field] of Object.entries(draft.fields)) {
    if (field.keepEmpty) draft.fields[name] = { ...field, required: true };
    if (field.ref !== undefined) addExtra(field.ref, drafts, structs);
  }
  return draft;
}
