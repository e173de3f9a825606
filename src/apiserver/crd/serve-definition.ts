import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { cloneJson, type JsonObject } from "../../api/patch/json-value.ts";
import { TypeMismatchError } from "../../api/scalar-values.ts";
import { listKindOf, type ResourceSchema, type Schema, type SubresourceSchema } from "../../api/schema.ts";
import { normalizeConfiguration, normalizeCustomResource } from "../../api/structural/normalize.ts";
import { openapiListOf, openapiOf } from "../../api/structural/openapi.ts";
import { compareVersions } from "../../api/version-order.ts";
import { present } from "../../base/assert.ts";
import type { Store } from "../../store/store.ts";
import type { AdmissionChain } from "../admission/chain.ts";
import type { StoreFeed } from "../cache/store-feed.ts";
import { WatchCache } from "../cache/watch-cache.ts";
import { referenceOf, type ServedResource, withChanges } from "../registry/resource.ts";
import { entryReader } from "../registry/shown.ts";
import { ResourceStorage } from "../registry/storage.ts";
import { STORAGE_ROOT } from "../registry/storage-prefix.ts";
import type { Converter } from "./converter.ts";
import { convertedVersions, customConversion } from "./custom-conversion.ts";
import { customKind } from "./custom-kind.ts";
import { type CustomVersion, customVersion } from "./custom-version.ts";
import { definitionName } from "./definition-name.ts";
import { type KeptDefinition, schemaIn } from "./kept-definition.ts";

export interface ServeOptions {
  readonly store: Store;
  readonly feed: StoreFeed;
  readonly builtIn: Schema;
  readonly admission: AdmissionChain;
}

export interface ServedDefinition {
  /** Where schemas are read from. */
  readonly source: { bytes: Buffer };
  /** One for each served version. */
  readonly resources: readonly ServedResource[];
  /** In the version that is stored, whether or not it is served. */
  readonly stored: ServedResource;
}

const VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const TERMINATING_VERBS = ["delete", "deletecollection", "get", "list", "watch"];

/** Where objects of a definition lie in the store. */
function customPrefix({ spec }: CustomResourceDefinition): string {
  return `${STORAGE_ROOT}${spec.group}/${spec.names.plural}/`;
}

/** Makes what serves a definition; nothing of its schema is compiled before a request needs it. */
export function serveDefinition(
  definition: KeptDefinition,
  convert: Converter,
  options: ServeOptions,
): ServedDefinition {
  const source = { bytes: definition.bytes };
  const versions = new Map(
    definition.spec.versions.map((version) => {
      const schema = () => schemaIn(source, version.name);
      return [version.name, customVersion(definition, { source: version, schema, builtIn: options.builtIn })];
    }),
  );
  const storageVersion = present(
    definition.spec.versions.find(({ storage }) => storage),
    "the storage version of a definition",
  ).name;
  const resourceOf = (version: CustomVersion): ServedResource =>
    servedVersion(definition, { convert, version, versions, storageVersion }, options);
  const all = [...versions.values()].map(resourceOf);
  return {
    source,
    resources: all.filter(({ schema }) => versions.get(schema.version)?.source.served === true),
    stored: present(
      all.find(({ schema }) => schema.version === storageVersion),
      "the storage version of a definition",
    ),
  };
}

/** The same while the definition is being deleted: caches and watchers stay, but nothing new is made. */
export function terminating(served: ServedDefinition): ServedDefinition {
  const close = (resource: ServedResource): ServedResource => {
    const { schema, custom } = resource;
    const changed = { schema: { ...schema, verbs: TERMINATING_VERBS }, custom: { ...custom!, isTerminating: true } };
    return withChanges(resource, changed);
  };
  return { ...served, resources: served.resources.map(close), stored: close(served.stored) };
}

function servedVersion(
  definition: CustomResourceDefinition,
  of: {
    convert: Converter;
    version: CustomVersion;
    versions: ReadonlyMap<string, CustomVersion>;
    storageVersion: string;
  },
  options: ServeOptions,
): ServedResource {
  const { version, versions, storageVersion, convert } = of;
  const { source } = version;
  const schema = resourceSchema(definition, source);
  const conversion = customConversion({ versions, storageVersion, served: version, convert });
  const { store, feed, admission } = options;
  const isByWebhook = definition.spec.conversion?.strategy === "Webhook" && versions.size > 1;
  const cache = new WatchCache({ prefix: customPrefix(definition), store, feed, reader: entryReader(conversion) });
  return {
    schema,
    reference: referenceOf(schema),
    kind: customKind({ group: schema.group, kind: schema.kind, version }),
    get allSchema() {
      return version.schema();
    },
    strategy: { refusesUnconditionalUpdate: true },
    storage: new ResourceStorage({ store, cache, conversion }),
    admission,
    hasStatus: source.subresources?.status !== undefined,
    normalize: (value, { isConfiguration = false } = {}) => normalized(version, value, isConfiguration),
    custom: {
      ready: () => version.load(),
      warning: warningOf(schema, source, definition.spec.versions),
      isTerminating: false,
      scale: source.subresources?.scale,
      otherVersions: isByWebhook ? once(() => convertedVersions({ versions, served: version, convert })) : undefined,
      hasVersion: (apiVersion) => [...versions.values()].some((each) => each.apiVersion === apiVersion),
      published: (openapi) => published({ schema, version, openapi }),
      fingerprint: () => version.fingerprint(),
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function published({ schema, version, openapi }: { schema: ResourceSchema; version: CustomVersion; openapi: 2 | 3 }) {
  const { group, kind, definition, resource: plural } = schema;
  const of = { group, version: schema.version, kind };
  const { selectableFields } = version.source;
  return {
    [definition]: openapiOf(version.structuralForOnce(), { ...of, openapi, selectableFields }),
    [`${definition}List`]: openapiListOf({ ...of, plural, listKind: listKindOf(schema), definition }),
  };
}

/** Discovery's view of a version. */
function resourceSchema(
  { spec, status }: CustomResourceDefinition,
  { name: version, subresources }: CustomResourceDefinitionVersion,
): ResourceSchema {
  const { group } = spec;
  const names = status?.acceptedNames ?? spec.names;
  const verbs = ["get", "patch", "update"];
  const found: SubresourceSchema[] = [];
  if (subresources?.status !== undefined) found.push({ name: "status", group, version, kind: names.kind, verbs });
  if (subresources?.scale !== undefined) {
    found.push({ name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs });
  }
  return {
    group,
    version,
    resource: names.plural,
    singular: names.singular ?? "",
    kind: names.kind,
    ...(names.listKind && names.listKind !== `${names.kind}List` && { listKind: names.listKind }),
    namespaced: spec.scope === "Namespaced",
    verbs: VERBS,
    ...(names.shortNames?.length ? { shortNames: names.shortNames } : {}),
    ...(names.categories?.length ? { categories: names.categories } : {}),
    definition: definitionName({ group, version, kind: names.kind }),
    ...(found.length > 0 && { subresources: found }),
  };
}

function normalized(version: CustomVersion, value: JsonObject, isConfiguration: boolean) {
  const object = cloneJson(value);
  const normalize = isConfiguration ? normalizeConfiguration : normalizeCustomResource;
  const { errors, unknownFields } = normalize(version.structural(), object, { dropInvalid: false });
  if (errors.length > 0) {
    throw new TypeMismatchError(errors.map(({ field, message }) => `${field}: ${message}`).join(", "));
  }
  return { object, unknownFields };
}

function warningOf(
  { group, version, kind }: ResourceSchema,
  { deprecated, deprecationWarning }: CustomResourceDefinitionVersion,
  all: readonly CustomResourceDefinitionVersion[],
): string | undefined {
  if (deprecated !== true) return undefined;
  if (deprecationWarning !== undefined) return deprecationWarning;
  const [newest] = all
    .filter((each) => each.served && !each.deprecated && compareVersions(each.name, version) < 0)
    .map(({ name }) => name)
    .sort(compareVersions);
  const advice = newest === undefined ? "" : `; use ${group}/${newest} ${kind}`;
  return `${group}/${version} ${kind} is deprecated${advice}`;
}
