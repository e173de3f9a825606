import {
  methodNotAllowed,
  methodNotSupported,
  notFound,
  notImplemented,
  pageNotFound,
  type StatusError,
} from "../../api/status.ts";
import { type Answer, type Answering, type Exchange, type Handler, withInfo } from "../exchange.ts";
import { negotiate } from "../http/negotiate.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { RequestInfo } from "../request-info.ts";
import type { Subresource } from "../subresources/subresource.ts";
import { findSubresource } from "../subresources/table.ts";
import { deprecationWarning } from "./deprecation.ts";
import type { Environment } from "./environment.ts";
import type { ComputedHandler, PathHandler, VirtualAnswers } from "./handler.ts";
import { nothingHere } from "./nothing-here.ts";
import { patchHandler } from "./patch.ts";
import { getHandler, listHandler } from "./read.ts";
import { watchHandler } from "./watch.ts";
import { createHandler, deleteCollectionHandler, deleteHandler, updateHandler } from "./write.ts";

export interface DispatchOptions {
  readonly table: ResourceTable;
  readonly subresources: Readonly<Record<string, Subresource>>;
  /** By `group/version/resource`. */
  readonly virtual: Readonly<Record<string, VirtualAnswers>>;
  /** By `group/version/resource`, the group empty for the core group. */
  readonly computed: Readonly<Record<string, ComputedHandler>>;
  readonly paths: readonly PathHandler[];
  readonly builtInGroups: ReadonlySet<string>;
  readonly environment: Environment;
  /** Answers what other servers serve; undefined for everything else. */
  readonly elsewhere?: (exchange: Exchange) => Promise<Answer> | undefined;
  /** Resolves when the table holds every resource that somebody may know by now. */
  readonly tableFresh?: (info: RequestInfo) => Promise<void>;
}

/** Verbs that validate objects. */
const WRITES = new Set(["create", "update", "patch"]);

/** Verbs that change objects. */
const CHANGES = new Set([...WRITES, "delete", "deletecollection"]);

/** What upstream's handler of custom resources takes for all namespaces together. */
const OF_ALL_NAMESPACES = new Set(["list", "watch"]);

/** The end of the chain: finds who answers. */
export function dispatcher(options: DispatchOptions): Handler {
  return (exchange) => {
    const { info } = exchange;
    const elsewhere = options.elsewhere?.(exchange);
    if (elsewhere !== undefined) return elsewhere;
    if (!info.isResourceRequest) return answerPath(options, exchange);
    const virtual = info.name === "" ? options.virtual[info.target.resourceKey] : undefined;
    if (virtual !== undefined) {
      if (info.verb !== "create") throw methodNotAllowed();
      return virtual.answer(virtual.resource, exchange, options.environment);
    }
    const find = () => options.table.at(info.target.resourceKey);
    const resource = find();
    if (resource !== undefined) return answerKnown(options, resource, exchange);
    const fresh = options.tableFresh?.(info);
    if (fresh === undefined) return nothingHere(exchange, options.builtInGroups);
    return fresh.then(() => answerKnown(options, find(), exchange));
  };
}

function answerKnown(options: DispatchOptions, resource: ServedResource | undefined, exchange: Exchange): Answering {
  const { info } = exchange;
  const inScope = resource && scoped(resource, exchange);
  if (resource === undefined || inScope === undefined) return nothingHere(exchange, options.builtInGroups);
  if (exchange.method === "HEAD" && resource.custom === undefined && info.subresource !== "proxy") {
    throw methodNotAllowed();
  }
  const answer = (): Answering => {
    const warning = resource.custom?.warning ?? deprecationWarning(info.target.resourceKey);
    if (warning !== undefined) {
      exchange.warnings.push(warning);
      if (exchange.auditAnnotations !== undefined) exchange.auditAnnotations["k8s.io/deprecated"] = "true";
    }
    return answerResource(options, resource, inScope);
  };
  return resource.custom !== undefined && WRITES.has(info.verb) ? resource.custom.ready().then(answer) : answer();
}

async function answerPath({ paths, builtInGroups }: DispatchOptions, exchange: Exchange): Promise<Answer> {
  for (const path of paths) {
    const answer = await path(exchange);
    if (answer !== undefined) return answer;
  }
  return nothingHere(exchange, builtInGroups);
}

/**
 * Objects without a namespace are addressed without one; `/namespaces/x` is both a scope and an object.
 * @returns undefined where such objects never are
 */
function scoped(resource: ServedResource, exchange: Exchange): Exchange | undefined {
  const { info } = exchange;
  if (resource.schema.namespaced) {
    const isOfAll = info.name === "" && (resource.custom === undefined || OF_ALL_NAMESPACES.has(info.verb));
    if (info.namespace === "" && !isOfAll) return undefined;
    return exchange;
  }
  if (info.namespace === "") return exchange;
  if (info.group !== "" || info.resource !== "namespaces") return undefined;
  return withInfo(exchange, { ...info, namespace: "" });
}

function answerResource(options: DispatchOptions, resource: ServedResource, exchange: Exchange): Answering {
  const { info } = exchange;
  const { environment } = options;
  if (CHANGES.has(info.verb)) checkAcceptable(resource, exchange);
  if (info.subresource !== "") return answerSubresource(options, resource, exchange);
  if (!isServed(resource, info.verb)) throw verbNotSupported(resource, info.verb);
  if (info.verb === "get" || info.verb === "list") {
    const computed = options.computed[info.target.resourceKey];
    if (computed !== undefined) return computed[info.verb](resource, exchange);
  }
  const needsNamespace = resource.schema.namespaced && info.namespace === "";
  switch (info.verb) {
    case "get":
      return getHandler(resource, exchange);
    case "list":
      return listHandler(resource, exchange);
    case "watch":
      return watchHandler(resource, exchange, environment);
    case "create":
      if (info.name !== "" || needsNamespace) throw notServed(resource, info.verb);
      return createHandler(resource, exchange, environment);
    case "update":
      if (info.name === "") throw notServed(resource, info.verb);
      return updateHandler(resource, exchange, environment);
    case "patch":
      if (info.name === "") throw notServed(resource, info.verb);
      return patchHandler(resource, exchange, environment);
    case "delete":
      return deleteHandler(resource, exchange, environment);
    case "deletecollection":
      if (needsNamespace) throw notServed(resource, info.verb);
      return deleteCollectionHandler(resource, exchange, environment);
    default:
      throw notServed(resource, info.verb);
  }
}

/** Who takes no answer that there is may change nothing. @throws StatusError NotAcceptable */
function checkAcceptable({ custom }: ServedResource, { headers, info, query }: Exchange): void {
  if (info.subresource === "" && headers.accept !== undefined)
    negotiate(headers.accept, query, { hasProtobuf: custom === undefined });
}

/** Objects of a kind that is going away can still be changed, or their finalizers would never go, though discovery no longer says so. */
function isServed({ schema, custom }: ServedResource, verb: string): boolean {
  const changes = verb === "update" || verb === "patch";
  return schema.verbs.includes(verb) || (changes && custom?.isTerminating === true);
}

/** Upstream's router says this of built-in resources, and the handler of custom ones that. */
function notServed({ schema, custom }: Pick<ServedResource, "schema" | "custom">, verb: string): StatusError {
  return custom === undefined ? methodNotAllowed() : methodNotSupported(schema, verb);
}

function verbNotSupported({ schema, custom }: ServedResource, verb: string): StatusError {
  const error = notServed({ schema, custom }, verb);
  if (verb === "create" && custom?.isTerminating === true) {
    error.status.message = `${verb} not allowed while custom resource definition is terminating`;
  }
  return error;
}

function answerSubresource(options: DispatchOptions, resource: ServedResource, exchange: Exchange): Answering {
  const { info } = exchange;
  const known = resource.schema.subresources?.some((each) => each.name === info.subresource) === true;
  if (!known) throw resource.custom === undefined ? pageNotFound() : notFound(resource.schema, info.name);
  const subresource = findSubresource(options.subresources, info);
  if (subresource === undefined) {
    throw notImplemented(`${info.resource}/${info.subresource} is not served by this version of Wherry`);
  }
  const handler = subresource[info.verb as keyof Subresource];
  if (handler === undefined) throw notServed(resource, info.verb);
  return handler(resource, exchange, options.environment);
}
