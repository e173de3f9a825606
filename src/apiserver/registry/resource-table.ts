import { conversions } from "../../api/conversions.ts";
import { convertedKind } from "../../api/converted-kind.ts";
import type { KindDefinition } from "../../api/kind.ts";
import type { AnyObject } from "../../api/meta.ts";
import { sameShape } from "../../api/same-shape.ts";
import type { ResourceSchema, Schema } from "../../api/schema.ts";
import { normalizeObject } from "../../api/unknown-fields.ts";
import { invariant } from "../../base/assert.ts";
import type { Store } from "../../store/store.ts";
import type { AdmissionChain } from "../admission/chain.ts";
import type { StoreFeed } from "../cache/store-feed.ts";
import { WatchCache } from "../cache/watch-cache.ts";
import { TRIGGER_FIELD } from "../handlers/selection.ts";
import { builtInConversion } from "./built-in-conversion.ts";
import { objectOf } from "./codec.ts";
import type { Conversion } from "./conversion.ts";
import { referenceOf, type ServedResource } from "./resource.ts";
import { entryReader } from "./shown.ts";
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
  /** The same by `group/version/resource`. */
  at(resourceKey: string): ServedResource | undefined;
  /** The resource in the version that objects are stored in. */
  stored(group: string, resource: string): ServedResource | undefined;
  /** Built-in resources in the order of the schema, then what was added. The same array until something changes. */
  list(): readonly ServedResource[];
  /**
   * Serves what the owner gives in place of what he gave before; nothing takes all of it away. Watchers of what he gave before
   * end, unless the same storage is given again. What is built in is never replaced.
   *
   * @param resources one resource in every served version; `stored` is that of the version that is stored
   */
  replace(owner: string, resources: readonly ServedResource[], stored?: ServedResource): void;
  /** Calls back after each change. Answers how to stop. */
  subscribe(listener: () => void): () => void;
}

/**
 * Builds the table from the schema: the first version of a resource (the preferred one) is stored; others are converted (see
 * api/conversions.ts), or have the same shape and differ in apiVersion only. What has no list is not stored.
 */
export function createResourceTable(options: ResourceTableOptions): ResourceTable {
  const { served, stored } = builtInResources(options);
  const builtIn = [...served.values()];
  const owned = new Map<string, { readonly resources: readonly ServedResource[]; readonly groupResource: string }>();
  const listeners = new Set<() => void>();
  let all: readonly ServedResource[] | undefined = builtIn;
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    find: (group, version, resource) => served.get(`${group}/${version}/${resource}`),
    at: (resourceKey) => served.get(resourceKey),
    stored: (group, resource) => stored.get(`${group}/${resource}`),
    list: () => (all ??= [...builtIn, ...[...owned.values()].flatMap(({ resources }) => resources)]),
    replace(owner, resources, storedAs) {
      const before = owned.get(owner);
      for (const resource of before?.resources ?? []) served.delete(pathOf(resource.schema));
      if (before !== undefined) stored.delete(before.groupResource);
      owned.delete(owner);
      all = undefined;
      const added = resources.filter(({ schema }) => !served.has(pathOf(schema)));
      for (const resource of added) served.set(pathOf(resource.schema), resource);
      if (storedAs !== undefined) {
        const groupResource = groupResourceOf(storedAs.schema);
        owned.set(owner, { resources: added, groupResource });
        stored.set(groupResource, storedAs);
      }
      const kept = new Set([...resources, storedAs].map((resource) => resource?.storage));
      for (const { storage } of before?.resources ?? []) if (!kept.has(storage)) storage.cache.close();
      for (const listener of listeners) listener();
    },
  };
}

const pathOf = ({ group, version, resource }: ResourceSchema): string => `${group}/${version}/${resource}`;
const groupResourceOf = ({ group, resource }: { group: string; resource: string }): string => `${group}/${resource}`;

function builtInResources(options: ResourceTableOptions) {
  const kinds = new Map(options.kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.kind}`, kind]));
  const kindOf = ({ group, version, kind }: ResourceSchema) => kinds.get(`${group}/${version}/${kind}`);
  const schemas = options.schema.resources.filter((schema) => schema.verbs.includes("list"));
  const stored = new Map<string, ServedResource>();
  for (const schema of schemas) {
    const name = groupResourceOf(schema);
    if (stored.has(name) || conversions[name]?.storedIn !== undefined) continue;
    stored.set(name, servedResource(options, { schema, kind: kindOf(schema), storedAs: schema }));
  }
  const served = new Map<string, ServedResource>();
  for (const schema of schemas) {
    const name = groupResourceOf(schema);
    const known = conversions[name];
    const storedAs = stored.get(known?.storedIn === undefined ? name : groupResourceOf(known.storedIn));
    if (storedAs === undefined || storedAs.schema === schema) {
      if (storedAs !== undefined) served.set(pathOf(schema), storedAs);
      continue;
    }
    const isSame = sameShape(options.schema, storedAs.schema.definition, schema.definition);
    const conversion = builtInConversion({ served: schema, stored: storedAs.schema, isSame });
    if (conversion === undefined) continue;
    const kind = kindOf(schema) ?? (isSame ? storedAs.kind : convertedKindOf(schema, storedAs.kind));
    served.set(pathOf(schema), servedResource(options, { schema, kind, storedAs: storedAs.schema, conversion }));
  }
  return { served, stored };
}

function convertedKindOf(schema: ResourceSchema, stored: KindDefinition | undefined): KindDefinition | undefined {
  const conversion = conversions[groupResourceOf(schema)]?.versions[schema.version];
  return stored && conversion && convertedKind(stored, schema.version, conversion);
}

function servedResource(
  options: ResourceTableOptions,
  of: {
    schema: ResourceSchema;
    kind: KindDefinition | undefined;
    storedAs: ResourceSchema;
    conversion?: Conversion | undefined;
  },
): ServedResource {
  const { schema, kind, storedAs, conversion } = of;
  const strategy = options.strategies[groupResourceOf(schema)] ?? options.strategies[groupResourceOf(storedAs)] ?? {};
  const definition = options.schema.definitions[schema.definition];
  invariant(definition !== undefined, `the schema defines ${schema.definition}`);
  const reader = conversion === undefined ? undefined : entryReader(conversion);
  const cache = new WatchCache({
    prefix: storagePrefix(storedAs.group, storedAs.resource),
    store: options.store,
    feed: options.feed,
    triggerOf: triggerOf(groupResourceOf(schema), kind),
    reader,
  });
  const { timeToLiveSeconds } = strategy;
  return {
    schema,
    reference: referenceOf(schema),
    kind,
    allSchema: options.schema,
    strategy,
    storage: new ResourceStorage({ store: options.store, cache, timeToLiveSeconds, conversion }),
    admission: options.admission,
    hasStatus: schema.subresources?.some((each) => each.name === "status") === true,
    normalize: (value, { known, isOwned } = {}) =>
      normalizeObject(value, options.schema, schema.definition, {
        known: known as AnyObject | undefined,
        isOwned,
      }),
  };
}

function triggerOf(groupResource: string, kind: KindDefinition | undefined) {
  const field = TRIGGER_FIELD[groupResource];
  const read = field === undefined ? undefined : kind?.selectableFields?.[field];
  return read === undefined ? undefined : (entry: { bytes: Buffer }) => read(objectOf(entry.bytes));
}
