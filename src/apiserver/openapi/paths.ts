import type { ResourceSchema, Schema, SubresourceSchema } from "../../api/schema.ts";
import type { Descriptions } from "../../api/schema-data.ts";
import type { HttpMethod, PathItem } from "./document.ts";
import { capitalized, groupVersionName, operation, tagOf } from "./operations.ts";
import { optionParameters, pathParameters, queryParameters } from "./parameters.ts";

/** What paths are built from. */
export interface PathSources {
  readonly schema: Schema;
  readonly descriptions: Descriptions;
}

interface Verb {
  readonly verb: string;
  readonly method: HttpMethod;
  readonly action: string;
  /** Starts operation names. */
  readonly prefix: string;
  readonly text: (kind: string) => string;
}

const collectionVerbs: readonly Verb[] = [
  {
    verb: "list",
    method: "get",
    action: "list",
    prefix: "list",
    text: (kind) => `list or watch objects of kind ${kind}`,
  },
  {
    verb: "create",
    method: "post",
    action: "post",
    prefix: "create",
    text: (kind) => `create ${article(kind)} ${kind}`,
  },
  {
    verb: "deletecollection",
    method: "delete",
    action: "deletecollection",
    prefix: "deleteCollection",
    text: (kind) => `delete collection of ${kind}`,
  },
];

const itemVerbs: readonly Verb[] = [
  { verb: "get", method: "get", action: "get", prefix: "read", text: (kind) => `read the specified ${kind}` },
  { verb: "update", method: "put", action: "put", prefix: "replace", text: (kind) => `replace the specified ${kind}` },
  {
    verb: "patch",
    method: "patch",
    action: "patch",
    prefix: "patch",
    text: (kind) => `partially update the specified ${kind}`,
  },
  {
    verb: "delete",
    method: "delete",
    action: "delete",
    prefix: "delete",
    text: (kind) => `delete ${article(kind)} ${kind}`,
  },
];

const create: Verb = { ...collectionVerbs[1]! };

/** Builds the paths of a resource and its subresources. */
export function resourcePaths(resource: ResourceSchema, sources: PathSources): Record<string, PathItem> {
  const { group, version, namespaced } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const scoped = namespaced ? `${base}/namespaces/{namespace}` : base;
  const collection = `${scoped}/${resource.resource}`;
  const paths: Record<string, PathItem> = {};
  const add = (path: string, verbs: readonly Verb[], suffix = ""): void => {
    const item = pathItem(path, verbs, { resource, sources, suffix });
    if (item !== undefined) paths[path] = item;
  };
  add(collection, collectionVerbs);
  add(`${collection}/{name}`, itemVerbs);
  if (namespaced) add(`${base}/${resource.resource}`, collectionVerbs.slice(0, 1), "ForAllNamespaces");
  for (const subresource of resource.subresources ?? []) {
    Object.assign(
      paths,
      subresourcePaths(`${collection}/{name}/${subresource.name}`, { resource, subresource, sources }),
    );
  }
  return paths;
}

function pathItem(
  path: string,
  verbs: readonly Verb[],
  context: { resource: ResourceSchema; sources: PathSources; suffix: string },
): PathItem | undefined {
  const { resource, sources, suffix } = context;
  const { group, version, kind, definition } = resource;
  const texts = sources.descriptions.parameters ?? {};
  const scope = resource.namespaced && suffix === "" ? "Namespaced" : "";
  const served = verbs.filter(({ verb }) => resource.verbs.includes(verb));
  if (served.length === 0) return undefined;
  const operations = served.map(({ method, action, prefix, text }) => [
    method,
    operation({
      action,
      method,
      description: text(kind),
      operationId: `${prefix}${groupVersionName(group, version)}${scope}${kind}${suffix}`,
      tag: tagOf(group, version),
      parameters: queryParameters(action, texts),
      kind: { group, version, kind },
      definition,
      listDefinition: `${definition}List`,
      isCustom: isCustom(resource, sources),
    }),
  ]);
  return { ...Object.fromEntries(operations), parameters: pathParameters(path, kind, texts) };
}

/** Custom resources are not in the compact schema. */
function isCustom({ definition }: ResourceSchema, { schema }: PathSources): boolean {
  return schema.definitions[definition] === undefined;
}

function subresourcePaths(
  path: string,
  context: { resource: ResourceSchema; subresource: SubresourceSchema; sources: PathSources },
): Record<string, PathItem> {
  const { subresource, sources } = context;
  const options = sources.schema.definitions[`io.k8s.api.core.v1.${subresource.kind}`];
  if (!subresource.kind.endsWith("Options")) return { [path]: structuredPath(path, context) };
  const texts = sources.descriptions[`io.k8s.api.core.v1.${subresource.kind}`] ?? {};
  const item = (at: string, suffix: string): PathItem => {
    const verbs = [...itemVerbs, create].filter(({ verb }) => subresource.verbs.includes(verb));
    const operations = verbs.map(({ method }) => [method, connectOperation(method, suffix, context)]);
    const shared = sources.descriptions.parameters ?? {};
    const parameters = [...pathParameters(at, subresource.kind, shared), ...optionParameters(options, texts)];
    // A proxy takes any query: `pretty` is the target's affair.
    return { ...Object.fromEntries(operations), parameters: parameters.filter(({ name }) => name !== "pretty") };
  };
  const paths: Record<string, PathItem> = { [path]: item(path, "") };
  if (subresource.name === "proxy") paths[`${path}/{path}`] = item(`${path}/{path}`, "WithPath");
  return paths;
}

function connectOperation(
  method: HttpMethod,
  suffix: string,
  { resource, subresource }: { resource: ResourceSchema; subresource: SubresourceSchema },
) {
  const { group, version, kind } = resource;
  const scope = resource.namespaced ? "Namespaced" : "";
  const name = `${kind}${capitalized(subresource.name)}${suffix}`;
  return operation({
    action: "connect",
    method,
    description: `connect ${method.toUpperCase()} requests to ${subresource.name} of ${kind}`,
    operationId: `connect${groupVersionName(group, version)}${capitalized(method)}${scope}${name}`,
    tag: tagOf(group, version),
    parameters: [],
    kind: { group: subresource.group, version: subresource.version, kind: subresource.kind },
    definition: undefined,
  });
}

function structuredPath(
  path: string,
  {
    resource,
    subresource,
    sources,
  }: { resource: ResourceSchema; subresource: SubresourceSchema; sources: PathSources },
): PathItem {
  const texts = sources.descriptions.parameters ?? {};
  const scope = resource.namespaced ? "Namespaced" : "";
  const isLog = subresource.name === "log";
  const verbs = [...itemVerbs, create].filter(({ verb }) => subresource.verbs.includes(verb));
  const operations = verbs.map(({ method, action, prefix }) => [
    method,
    operation({
      action,
      method,
      description: `${prefix === "patch" ? "partially update" : prefix} ${subresource.name} of the specified ${resource.kind}`,
      operationId: `${prefix}${groupVersionName(resource.group, resource.version)}${scope}${resource.kind}${capitalized(subresource.name)}`,
      tag: tagOf(resource.group, resource.version),
      parameters: isLog ? logParameters(sources) : queryParameters(action, texts),
      kind: { group: subresource.group, version: subresource.version, kind: subresource.kind },
      definition: isLog ? undefined : subresourceDefinition(resource, subresource, sources.schema),
      isCustom: subresource.name === "status" && isCustom(resource, sources),
    }),
  ]);
  return { ...Object.fromEntries(operations), parameters: pathParameters(path, subresource.kind, texts) };
}

function logParameters({ schema, descriptions }: PathSources) {
  const options = "io.k8s.api.core.v1.PodLogOptions";
  return optionParameters(schema.definitions[options], descriptions[options] ?? {});
}

function subresourceDefinition(resource: ResourceSchema, subresource: SubresourceSchema, schema: Schema): string {
  const { group, version, kind } = subresource;
  if (group === resource.group && version === resource.version && kind === resource.kind) return resource.definition;
  const found = Object.entries(schema.definitions).find(([, { kinds }]) =>
    kinds?.some((of) => of.group === group && of.version === version && of.kind === kind),
  );
  if (found === undefined) throw new Error(`${resource.resource}/${subresource.name}: the schema has no kind ${kind}`);
  return found[0];
}

function article(kind: string): string {
  return /^[AEIOU]/.test(kind) ? "an" : "a";
}
