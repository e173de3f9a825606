import { type FieldTerm, matchesFields, parseFieldSelector } from "../../api/field-selectors.ts";
import { parseLabelSelector } from "../../api/label-selector-parser.ts";
import { matchesRequirements } from "../../api/selectors.ts";
import { badRequest } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { createInterner } from "../../base/intern.ts";
import type { CacheEntry } from "../cache/entry.ts";
import type { Selection } from "../cache/selection.ts";
import { labelsIn, objectOf } from "../registry/codec.ts";
import type { ServedResource } from "../registry/resource.ts";

/** The field by which the cache of a resource files its watchers: kubelets watch their own pods. */
export const TRIGGER_FIELD: Readonly<Record<string, string>> = { "/pods": "spec.nodeName" };

/**
 * What the selectors, namespace and name of a list or watch ask for.
 * @throws StatusError BadRequest on a selector that does not parse or names a field that cannot be selected by
 */
export function selectionOf(
  resource: ServedResource,
  asked: { namespace: string; name?: string; labelSelector?: string | null; fieldSelector?: string | null },
): Selection {
  const requirements = parsed(() => parseLabelSelector(asked.labelSelector ?? ""), "labelSelector");
  const terms = parsed(() => parseFieldSelector(asked.fieldSelector ?? ""), "fieldSelector").slice();
  for (const term of terms) checkField(resource, term);
  if (asked.name !== undefined && asked.name !== "")
    terms.push({ field: "metadata.name", operator: "=", value: asked.name });
  const namespace = asked.namespace || equalTo(terms, "metadata.namespace") || "";
  const prefix = resource.storage.prefix + (resource.schema.namespaced && namespace !== "" ? `${namespace}/` : "");
  const triggerField = TRIGGER_FIELD[`${resource.schema.group}/${resource.schema.resource}`];
  const tests: ((entry: CacheEntry) => boolean)[] = [];
  if (requirements.length > 0) tests.push((entry) => matchesRequirements(requirements, labelsOf(entry)));
  if (terms.length > 0) tests.push((entry) => matchesFields(terms, (field) => fieldOf(resource, entry, field)));
  const named = resource.schema.namespaced && namespace === "" ? undefined : equalTo(terms, "metadata.name");
  return {
    prefix,
    key: named === undefined ? undefined : prefix + named,
    trigger: triggerField === undefined ? undefined : equalTo(terms, triggerField),
    matches: tests.length === 0 ? undefined : (entry) => tests.every((test) => test(entry)),
  };
}

type FieldValues = Readonly<Record<string, string>>;

/** Fields that somebody has selected objects by: only these are kept with an entry, and objects that are alike in them share them. */
const selectedBy = new WeakMap<ServedResource, { readonly names: Set<string>; latest: FieldValues }>();
const internFields = createInterner<FieldValues>();

/** Value of a selectable field of an entry; read once. */
export function fieldOf(resource: ServedResource, entry: CacheEntry, field: string): string {
  if (field === "metadata.name") return entry.key.slice(entry.key.lastIndexOf("/") + 1);
  if (field === "metadata.namespace") return namespaceOf(resource, entry.key);
  const known = entry.fields?.[field];
  if (known !== undefined) return known;
  entry.fields = fieldsOf(resource, entry, field);
  return entry.fields[field] ?? "";
}

function namespaceOf({ schema, storage }: ServedResource, key: string): string {
  return schema.namespaced ? key.slice(storage.prefix.length, key.lastIndexOf("/")) : "";
}

function fieldsOf(resource: ServedResource, entry: CacheEntry, field: string): FieldValues {
  let selected = selectedBy.get(resource);
  if (selected === undefined) selectedBy.set(resource, (selected = { names: new Set(), latest: {} }));
  selected.names.add(field);
  const object = objectOf(entry.bytes);
  const read = (name: string): string => resource.kind?.selectableFields?.[name]?.(object) ?? "";
  // Objects come in bursts of one state.
  let isAsLatest = true;
  for (const name of selected.names) isAsLatest &&= selected.latest[name] === read(name);
  if (isAsLatest) return selected.latest;
  const fields: Record<string, string> = {};
  for (const name of selected.names) fields[name] = read(name);
  selected.latest = internFields(fields);
  return selected.latest;
}

function labelsOf(entry: CacheEntry): Readonly<Record<string, string>> {
  return (entry.labels ??= labelsIn(entry.bytes) ?? {});
}

function equalTo(terms: readonly FieldTerm[], field: string): string | undefined {
  return terms.find((term) => term.field === field && term.operator !== "!=")?.value;
}

function checkField(resource: ServedResource, term: FieldTerm): void {
  const known = ["metadata.name", ...(resource.schema.namespaced ? ["metadata.namespace"] : [])];
  if (known.includes(term.field) || Object.hasOwn(resource.kind?.selectableFields ?? {}, term.field)) return;
  throw badRequest(`field label not supported: ${term.field}`);
}

function parsed<T>(parse: () => T, what: string): T {
  try {
    return parse();
  } catch (error) {
    throw badRequest(`unable to parse requirement in ${what}: ${errorMessage(error)}`);
  }
}
