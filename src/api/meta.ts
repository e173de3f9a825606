/**
 * The part of every object that all code may rely on. Kinds' full types are generated (api/generated); these few are by
 * hand because generic machinery works on objects whose kind it does not know.
 */
export interface TypeMeta {
  apiVersion: string;
  kind: string;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: unknown;
  subresource?: string;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
  selfLink?: string;
}

/** An object of any kind. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** An object of any kind whose other fields are looked at by name. */
export interface AnyObject extends ApiObject {
  [field: string]: unknown;
}

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface ObjectList<T extends ApiObject> extends ApiObject {
  metadata: ListMeta & ObjectMeta;
  items: T[];
}

/** Which objects a call is about. Typed references of all built-in resources are generated (api/generated/resources.ts). */
export interface ResourceReference<T extends ApiObject = AnyObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: carries the object's type. */
  readonly type?: T;
}

/** `v1` or `apps/v1`. */
export function apiVersionOf(of: { group: string; version: string }): string {
  return of.group === "" ? of.version : `${of.group}/${of.version}`;
}

/** Splits `apps/v1` or `v1`. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `namespace/name`, or the name alone for an object without a namespace: the key that queues and caches use. */
export function keyOf(object: { metadata?: ObjectMeta }): string {
  return joinKey(object.metadata?.namespace, object.metadata?.name ?? "");
}

/** Keys made a moment ago, where the end of their name says: components that look at the same object now share its key. */
const RECENT_KEYS = 1024;
const recentKeys = new Array<{ readonly namespace: string; readonly name: string; readonly key: string } | undefined>(
  RECENT_KEYS,
).fill(undefined);

/** Key of a namespace and a name. */
export function joinKey(namespace: string | undefined, name: string): string {
  if (namespace === undefined || namespace === "") return name;
  const place = placeOf(name);
  const recent = recentKeys[place];
  if (recent !== undefined && recent.name === name && recent.namespace === namespace) return recent.key;
  // In one piece: a template would leave a string of two parts, which goes on holding them.
  const key = [namespace, name].join("/");
  recentKeys[place] = { namespace, name, key };
  return key;
}

/** Names that come together differ at their end. */
function placeOf(name: string): number {
  let hash = name.length;
  for (let index = Math.max(0, name.length - 5); index < name.length; index++)
    hash = (hash * 31 + name.charCodeAt(index)) & 0xffff;
  return hash % RECENT_KEYS;
}

/** Splits a key made by keyOf; the namespace is empty for objects without one. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner that manages the object (`controller: true`), if any. */
export function controllerOf(object: { metadata?: ObjectMeta }): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((owner) => owner.controller === true);
}

/** True once deletion was asked for. */
export function isBeingDeleted(object: { metadata?: ObjectMeta }): boolean {
  return object.metadata?.deletionTimestamp !== undefined;
}
