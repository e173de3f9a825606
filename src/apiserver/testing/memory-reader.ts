import { type ApiObject, joinKey, type ResourceReference } from "../../api/meta.ts";
import type { Labels, ObjectChange, ObjectReader } from "../reader.ts";

type Handler = (change: ObjectChange<ApiObject>) => void;

/** An ObjectReader over objects that a test puts into it. */
export class MemoryReader implements ObjectReader {
  readonly #objects = new Map<string, Map<string, ApiObject>>();
  readonly #handlers = new Map<string, Set<Handler>>();

  /** Adds or replaces objects. */
  put<T extends ApiObject>(resource: ResourceReference<T>, ...objects: T[]): this {
    for (const object of objects) {
      const key = joinKey(object.metadata?.namespace, object.metadata?.name ?? "");
      const before = this.#of(resource).get(key);
      this.#of(resource).set(key, object);
      this.#tell(resource, { before, after: object });
    }
    return this;
  }

  remove(resource: ResourceReference<ApiObject>, namespace: string | undefined, name: string): void {
    const key = joinKey(namespace, name);
    const before = this.#of(resource).get(key);
    if (this.#of(resource).delete(key)) this.#tell(resource, { before });
  }

  async get<T extends ApiObject>(
    resource: ResourceReference<T>,
    namespace: string | undefined,
    name: string,
  ): Promise<T | undefined> {
    return this.#of(resource).get(joinKey(namespace, name)) as T | undefined;
  }

  async labels(
    resource: ResourceReference<ApiObject>,
    namespace: string | undefined,
    name: string,
  ): Promise<Labels | undefined> {
    const object = await this.get(resource, namespace, name);
    return object && (object.metadata?.labels ?? {});
  }

  async list<T extends ApiObject>(resource: ResourceReference<T>, namespace?: string): Promise<T[]> {
    const all = [...this.#of(resource).values()] as T[];
    return namespace === undefined ? all : all.filter((object) => object.metadata?.namespace === namespace);
  }

  async follow<T extends ApiObject>(
    resource: ResourceReference<T>,
    handler: (change: ObjectChange<T>) => void,
  ): Promise<() => void> {
    const handlers = this.#handlers.get(nameOf(resource)) ?? new Set();
    this.#handlers.set(nameOf(resource), handlers);
    handlers.add(handler as Handler);
    for (const after of this.#of(resource).values()) handler({ after: after as T });
    return () => void handlers.delete(handler as Handler);
  }

  #of(resource: ResourceReference<ApiObject>): Map<string, ApiObject> {
    const found = this.#objects.get(nameOf(resource)) ?? new Map<string, ApiObject>();
    this.#objects.set(nameOf(resource), found);
    return found;
  }

  #tell(resource: ResourceReference<ApiObject>, change: ObjectChange<ApiObject>): void {
    for (const handler of this.#handlers.get(nameOf(resource)) ?? []) handler(change);
  }
}

function nameOf(resource: ResourceReference<ApiObject>): string {
  return `${resource.resource}.${resource.group}`;
}
