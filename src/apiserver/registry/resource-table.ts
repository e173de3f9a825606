import type { KindDefinition } from "../../api/kind.ts";
import type { Field, ResourceSchema, Schema } from "../../api/schema.ts";
import { invariant } from "../../base/assert.ts";
import type { Store } from "../../store/store.ts";
import type { AdmissionChain } from "../admission/chain.ts";
import type { StoreFeed } from "../cache/store-feed.ts";
import { WatchCache } from "../cache/watch-cache.ts";
import { TRIGGER_FIELD } from "../handlers/selection.ts";
import { objectOf } from "./codec.ts";
import type { ServedResource } from "./resource.ts";
import { ResourceStorage } from "./storage.ts";
import { storagePrefix } from "./storage-prefix.ts";
import type { Strategy } from "./strategy.ts";

export interface ResourceTableOptions {
  readonly schema: Schema;
  readonly kinds: readonly KindDefinition[];
  readonly store: Store;
  readonly feed: StoreFeed;
  readonly admission: AdmissionChain;
  /** By `group/resource`. */
  readonly strategies: Readonly<Record<string, Strategy>>;
}

/** Every resource that is stored and served, by group, version and name. */
export interface ResourceTable {
  find(group: string, version: string, resource: string): ServedResource | undefined;
  /** The version that objects are stored in. */
  stored(group: string, resource: string): ServedResource | undefined;
  list(): readonly ServedResource[];
}

/**
 * Events of events.k8s.io are core events in another shape, and are not converted; component statuses have had no truth
 * to tell since components stopped serving their health there. Both answer 404.
 */
const NOT_SERVED = new Set(["events.k8s.io/events", "/componentstatuses"]);

/**
 * Builds the table from the schema: the first version of a resource (the preferred one) is stored; another version is
 * served when its objects have the same shape, so that it differs in apiVersion only. What has no list is not stored.
 */
export function createResourceTable(options: ResourceTableOptions): ResourceTable {
  const served = new Map<string, ServedResource>();
  const first = new Map<string, ServedResource>();
  const kinds = new Map(options.kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.kind}`, kind]));
  for (const schema of options.schema.resources) {
    if (!schema.verbs.includes("list")) continue;
    const groupResource = `${schema.group}/${schema.resource}`;
    if (NOT_SERVED.has(groupResource)) continue;
    const stored = first.get(groupResource);
    if (stored !== undefined && !sameShape(options.schema, stored.schema.definition, schema.definition)) continue;
    const kind = kinds.get(`${schema.group}/${schema.version}/${schema.kind}`) ?? stored?.kind;
    const resource =
      stored === undefined
        ? storedResource(options, schema, kind)
        : { ...stored, schema, kind, reference: referenceOf(schema) };
    if (stored === undefined) first.set(groupResource, resource);
    served.set(`${schema.group}/${schema.version}/${schema.resource}`, resource);
  }
  const all = [...served.values()];
  return {
    find: (group, version, resource) => served.get(`${group}/${version}/${resource}`),
    stored: (group, resource) => first.get(`${group}/${resource}`),
    list: () => all,
  };
}

function storedResource(
  options: ResourceTableOptions,
  schema: ResourceSchema,
  kind: KindDefinition | undefined,
): ServedResource {
  const groupResource = `${schema.group}/${schema.resource}`;
  const strategy = options.strategies[groupResource] ?? {};
  const definition = options.schema.definitions[schema.definition];
  invariant(definition !== undefined, `the schema defines ${schema.definition}`);
  const prefix = storagePrefix(schema.group, schema.resource);
  const cache = new WatchCache({
    prefix,
    store: options.store,
    feed: options.feed,
    triggerOf: triggerOf(groupResource, kind),
  });
  return {
    schema,
    reference: referenceOf(schema),
    kind,
    definition,
    allSchema: options.schema,
    strategy,
    storage: new ResourceStorage({ store: options.store, cache, timeToLiveSeconds: strategy.timeToLiveSeconds }),
    admission: options.admission,
    storageVersion: schema.version,
    hasStatus: schema.subresources?.some((each) => each.name === "status") === true,
  };
}

function triggerOf(groupResource: string, kind: KindDefinition | undefined) {
  const field = TRIGGER_FIELD[groupResource];
  const read = field === undefined ? undefined : kind?.selectableFields?.[field];
  return read === undefined ? undefined : (entry: { bytes: Buffer }) => read(objectOf(entry.bytes));
}

function referenceOf(schema: ResourceSchema) {
  const { group, version, resource, kind, namespaced } = schema;
  return { group, version, resource, kind, namespaced };
}

/** True when objects of the two definitions have the same fields all the way down. */
export function sameShape(schema: Schema, left: string, right: string, seen = new Set<string>()): boolean {
  if (left === right || seen.has(`${left} ${right}`)) return true;
  seen.add(`${left} ${right}`);
  const [a, b] = [schema.definitions[left], schema.definitions[right]];
  if (a === undefined || b === undefined) return false;
  const names = Object.keys(a.fields);
  if (a.special !== b.special || names.length !== Object.keys(b.fields).length) return false;
  return names.every((name) => sameField(schema, { a: a.fields[name], b: b.fields[name] }, seen));
}

function sameField(
  schema: Schema,
  { a, b }: { a: Field | undefined; b: Field | undefined },
  seen: Set<string>,
): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.type !== b.type || a.container !== b.container || a.format !== b.format) return false;
  if ((a.ref === undefined) !== (b.ref === undefined)) return false;
  return a.ref === undefined || sameShape(schema, a.ref, b.ref!, seen);
}
