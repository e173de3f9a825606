import { type FieldError, invalidObject } from "../../api/field-error.ts";
import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { badRequest } from "../../api/status.ts";
import { type Exchange, objectAnswer } from "../exchange.ts";
import { decodeBody, expectObject } from "../handlers/decode.ts";
import { type Environment, writeContext } from "../handlers/environment.ts";
import { patchObject, readPatch } from "../handlers/patch.ts";
import { getHandler } from "../handlers/read.ts";
import { readObject } from "../handlers/read-object.ts";
import type { ServedResource } from "../registry/resource.ts";
import { updateObject } from "../registry/update.ts";
import type { Subresource } from "./subresource.ts";

/** What a part is and what may become of it. */
export interface Part {
  /** Copies the part from what the client sent. */
  take(wanted: AnyObject, draft: AnyObject): void;
  /** What is wrong with the change, beyond what the object's own rules say. */
  validate?(draft: AnyObject, old: AnyObject): FieldError[];
}

/** A subresource through which only one part of the object is written: the rest stays as it is stored. */
export function partSubresource(part: Part): Subresource {
  return {
    get: getHandler,
    async update(resource, exchange, environment) {
      const { value, json, duplicates } = await decodeBody(exchange.body);
      const sent = { value: expectObject(value, resource.schema), json, duplicates };
      const wanted = readObject(resource, sent, exchange) as AnyObject;
      if (wanted.metadata?.name !== exchange.info.name)
        throw badRequest("the name of the object does not match the name on the URL");
      return write(resource, { exchange, environment, wanted: () => wanted }, part);
    },
    async patch(resource, exchange, environment) {
      const patch = await readPatch(exchange);
      const { definition } = resource.schema;
      const wanted = (current: ApiObject) => {
        const value = patchObject(current, patch, { resource, definition });
        return readObject(resource, { value }, exchange) as AnyObject;
      };
      return write(resource, { exchange, environment, wanted }, part);
    },
  };
}

async function write(
  resource: ServedResource,
  request: { exchange: Exchange; environment: Environment; wanted: (current: ApiObject) => AnyObject },
  part: Part,
) {
  const { exchange, environment } = request;
  const transform = (current: ApiObject): ApiObject => {
    const wanted = request.wanted(current);
    const draft = cloneJson(current) as AnyObject;
    part.take(wanted, draft);
    resource.kind?.setDefaults?.(draft);
    const errors = part.validate?.(draft, current as AnyObject) ?? [];
    if (errors.length > 0) throw invalidObject(resource.schema, exchange.info.name, errors);
    draft.metadata!.resourceVersion = wanted.metadata?.resourceVersion;
    return draft;
  };
  const { namespace, name, subresource } = exchange.info;
  const stored = await updateObject(
    resource,
    { namespace, name, subresource, transform },
    writeContext(exchange, environment),
  );
  return objectAnswer(stored.object, { bytes: stored.bytes, resource });
}

type Fields = Record<string, unknown>;

/** Copies one field of one section (`spec.finalizers`); absent stays absent. */
export function takeField(section: string, field: string) {
  return (wanted: AnyObject, draft: AnyObject): void => {
    const value = (wanted[section] as Fields | undefined)?.[field];
    const target = (draft[section] ??= {}) as Fields;
    if (value === undefined) delete target[field];
    else target[field] = value;
  };
}

/** Copies the resources of containers that are there under the same name, and the pod's own (pods/resize). */
export function takeResources(wanted: AnyObject, draft: AnyObject): void {
  const [from, to] = [wanted.spec as Fields | undefined, draft.spec as Fields];
  for (const list of ["containers", "initContainers"]) {
    const wantedContainers = (from?.[list] ?? []) as { name: string; resources?: unknown; resizePolicy?: unknown }[];
    for (const container of (to[list] ?? []) as { name: string; resources?: unknown; resizePolicy?: unknown }[]) {
      const match = wantedContainers.find((each) => each.name === container.name);
      if (match?.resources !== undefined) container.resources = match.resources;
      if (match?.resizePolicy !== undefined) container.resizePolicy = match.resizePolicy;
    }
  }
  if (from?.resources !== undefined) to.resources = from.resources;
}
