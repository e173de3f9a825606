import type { ApiObject, ObjectList, ResourceReference } from "../api/meta.ts";
import { apiVersionOf } from "../api/meta.ts";
import type { Transport, WatchEvent } from "./transport.ts";

export interface ObjectName {
  namespace?: string | undefined;
  name: string;
}

export interface ListOptions {
  /** All namespaces when absent. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  signal?: AbortSignal;
}

export interface WatchOptions extends ListOptions {
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
  resourceVersionMatch?: string;
  timeoutSeconds?: number;
}

export interface WriteOptions {
  /** `status`, `scale`, `binding`, `eviction` …: with a subresource, the body's kind is the subresource's. */
  subresource?: string;
  fieldManager?: string;
  dryRun?: boolean;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  preconditions?: { uid?: string; resourceVersion?: string };
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

const PATCH_CONTENT_TYPES: Record<PatchType, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/**
 * Typed calls on a transport. Objects that come back may be shared: read them, clone them to change them.
 * All calls reject with StatusError (api/status.ts) or TransportError.
 */
export class Client {
  readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  async get<T extends ApiObject>(resource: ResourceReference<T>, target: ObjectName): Promise<T> {
    return (await this.transport.request({ method: "GET", path: objectPath(resource, target) })) as T;
  }

  async list<T extends ApiObject>(resource: ResourceReference<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const { namespace, signal, ...parameters } = options;
    const path = collectionPath(resource, namespace);
    return (await this.transport.request({ method: "GET", path, query: query(parameters), signal })) as ObjectList<T>;
  }

  watch<T extends ApiObject>(resource: ResourceReference<T>, options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    const { namespace, signal, ...parameters } = options;
    const path = collectionPath(resource, namespace);
    const events = this.transport.watch({
      method: "GET",
      path,
      query: { ...query(parameters), watch: "true" },
      signal,
    });
    return events as AsyncIterable<WatchEvent<T>>;
  }

  /** Creates the object in its own namespace; with a subresource, posts to the object that `target` names. */
  async create<T extends ApiObject, B extends ApiObject = T>(
    resource: ResourceReference<T>,
    object: B,
    options: WriteOptions & { target?: ObjectName } = {},
  ): Promise<T> {
    const { subresource, target, ...parameters } = options;
    const path =
      target === undefined
        ? collectionPath(resource, object.metadata?.namespace)
        : objectPath(resource, target, subresource);
    const body = target === undefined ? { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object } : object;
    return (await this.transport.request({ method: "POST", path, query: query(parameters), body })) as T;
  }

  /** Replaces the object. Its resourceVersion, when set, is a precondition (409 Conflict). */
  async update<T extends ApiObject>(resource: ResourceReference<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { subresource, ...parameters } = options;
    const path = objectPath(
      resource,
      { namespace: object.metadata?.namespace, name: object.metadata?.name ?? "" },
      subresource,
    );
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    return (await this.transport.request({ method: "PUT", path, query: query(parameters), body })) as T;
  }

  async patch<T extends ApiObject>(
    resource: ResourceReference<T>,
    target: ObjectName,
    patch: { type: PatchType; body: unknown } & WriteOptions & { force?: boolean },
  ): Promise<T> {
    const { type, body, subresource, ...parameters } = patch;
    return (await this.transport.request({
      method: "PATCH",
      path: objectPath(resource, target, subresource),
      query: query(parameters),
      contentType: PATCH_CONTENT_TYPES[type],
      body,
    })) as T;
  }

  async delete(resource: ResourceReference<ApiObject>, target: ObjectName, options: DeleteOptions = {}): Promise<void> {
    const body =
      Object.keys(options).length === 0 ? undefined : { apiVersion: "v1", kind: "DeleteOptions", ...options };
    await this.transport.request({ method: "DELETE", path: objectPath(resource, target), body });
  }
}

/** `/apis/apps/v1/namespaces/default/deployments`. */
export function collectionPath(resource: ResourceReference<ApiObject>, namespace?: string): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${scope}/${resource.resource}`;
}

/** `/api/v1/namespaces/default/pods/web/status`. */
export function objectPath(resource: ResourceReference<ApiObject>, target: ObjectName, subresource?: string): string {
  const path = `${collectionPath(resource, target.namespace)}/${encodeURIComponent(target.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

function query(parameters: Record<string, unknown>): Record<string, string> | undefined {
  let found: Record<string, string> | undefined;
  for (const name in parameters) {
    const value = parameters[name];
    const text = name !== "dryRun" ? value : value === true ? "All" : undefined;
    if (text !== undefined) (found ??= {})[name] = String(text);
  }
  return found;
}
