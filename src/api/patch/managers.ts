import type { ManagedFieldsEntry } from "../meta.ts";
import { type FieldSet, isEmptySet, isReadableSet, readFieldSet, setOfPaths } from "./field-set.ts";
import { entryWithText } from "./fields-text.ts";
import type { JsonObject } from "./json-value.ts";

/** Who wrote which fields of an object: one entry of metadata.managedFields, read. */
export interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time?: string | undefined;
  readonly fields: FieldSet;
}

/** How often clients may write under new names before the oldest are put together (upstream: 10). */
const UPDATE_MANAGERS_MAX = 10;
const ANCIENT = "ancient-changes";

/** What nobody owns of metadata, because it names the object or belongs to the server. */
export const UNOWNED_METADATA: readonly string[] = [
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
];

const UNOWNED: readonly (readonly string[])[] = [
  ["apiVersion"],
  ["kind"],
  ["metadata"],
  ...UNOWNED_METADATA.map((field) => ["metadata", field]),
];

export const unownedFields = setOfPaths(UNOWNED);

/** An applier stays the same whatever version it applies with; who updates in another version is another manager. */
export function identityOfManager(of: Omit<Manager, "fields" | "time">): string {
  return JSON.stringify([of.manager, of.operation, of.operation === "Apply" ? "" : of.apiVersion, of.subresource]);
}

/**
 * What is wrong with metadata.managedFields as a client or webhook wrote it, so that it cannot be read (apimachinery's
 * DecodeManagedFields). Names of managers are looked at when the object is validated.
 */
export function unreadableManagers(entries: readonly ManagedFieldsEntry[] | undefined): string | undefined {
  for (const [index, { operation, apiVersion = "", fieldsType = "", fieldsV1 }] of (entries ?? []).entries()) {
    if (operation !== "Apply" && operation !== "Update") return "operation must be `Apply` or `Update`";
    if (apiVersion === "") return "apiVersion must not be empty";
    if (fieldsType === "") return `missing fieldsType in managed fields entry ${index}`;
    if (fieldsType !== "FieldsV1")
      return `invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`;
    if (fieldsV1 !== undefined && !isReadableSet(fieldsV1))
      return `error decoding set of managed fields entry ${index}`;
  }
  return undefined;
}

/** Reads metadata.managedFields; entries of other field types are left out. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, Manager> {
  const managers = new Map<string, Manager>();
  for (const entry of entries ?? []) {
    if (entry.fieldsType !== undefined && entry.fieldsType !== "FieldsV1") continue;
    const manager: Manager = {
      manager: entry.manager ?? "",
      operation: entry.operation === "Apply" ? "Apply" : "Update",
      apiVersion: entry.apiVersion ?? "",
      subresource: entry.subresource ?? "",
      time: entry.time,
      fields: readFieldSet(entry.fieldsV1),
    };
    managers.set(identityOfManager(manager), manager);
  }
  return managers;
}

/** Writes metadata.managedFields: appliers first, then by time. */
export function writeManagers(managers: Iterable<Manager>): ManagedFieldsEntry[] {
  return [...managers]
    .filter((manager) => !isEmptySet(manager.fields))
    .sort(byOperationAndTime)
    .map((manager) => ({
      ...entryWithoutFields(manager),
      fieldsV1: manager.fields as JsonObject,
      ...(manager.subresource === "" ? {} : { subresource: manager.subresource }),
    }));
}

function entryWithoutFields({ manager, operation, apiVersion, time }: Omit<Manager, "fields">): ManagedFieldsEntry {
  return {
    ...(manager === "" ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
  };
}

/** metadata.managedFields of an object that one client just made, whose fieldsV1 is at hand as JSON. */
export function writeMaker(maker: Omit<Manager, "fields">, fieldsV1: string): ManagedFieldsEntry[] {
  const { subresource } = maker;
  const entry = { ...entryWithoutFields(maker), ...(subresource === "" ? {} : { subresource }) };
  return fieldsV1 === "{}" ? [] : [entryWithText(entry, fieldsV1)];
}

const ORDER = ["operation", "time", "manager", "apiVersion", "subresource"] as const;

function byOperationAndTime(a: Manager, b: Manager): number {
  for (const part of ORDER) {
    const [left, right] = [a[part] ?? "", b[part] ?? ""];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/**
 * Puts the oldest updaters of a version together when there are too many, so that the list stays bounded. The oldest of a
 * version keeps its name until a second one is to go.
 */
export function capManagers(managers: Map<string, Manager>, unite: (a: FieldSet, b: FieldSet) => FieldSet): void {
  if (managers.size <= UPDATE_MANAGERS_MAX) return;
  const updaters = [...managers.values()].filter(({ operation }) => operation === "Update").sort(byOperationAndTime);
  const oldest = new Map<string, Manager>();
  let count = updaters.length;
  for (const old of updaters) {
    if (count <= UPDATE_MANAGERS_MAX) return;
    const first = oldest.get(old.apiVersion);
    if (first === undefined) {
      oldest.set(old.apiVersion, old);
      continue;
    }
    const ancient: Manager = { ...old, manager: ANCIENT, subresource: "" };
    const identity = identityOfManager(ancient);
    const before = managers.get(identity) ?? first;
    if (before === first) managers.delete(identityOfManager(first));
    managers.delete(identityOfManager(old));
    managers.set(identity, { ...ancient, fields: unite(before.fields, old.fields) });
    count--;
  }
}
