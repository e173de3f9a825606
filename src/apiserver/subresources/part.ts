import type { FieldError } from "../../api/field-error.ts";
import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { APPLY_PATCH } from "../../api/patch/apply-patch.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { replaceDraft } from "../admission/admission.ts";
import { type Exchange, objectAnswer } from "../exchange.ts";
import { checkName } from "../handlers/check-name.ts";
import { decodeBodyOf, expectObject } from "../handlers/decode.ts";
import { type Environment, writeContext } from "../handlers/environment.ts";
import { appliedConfiguration, readPatch } from "../handlers/patch.ts";
import { patchObject, readPatched } from "../handlers/patched-object.ts";
import { getHandler } from "../handlers/read.ts";
import { readObject } from "../handlers/read-object.ts";
import { applied, type ManagedOperation } from "../registry/managed-fields.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { WriteContext } from "../registry/strategy.ts";
import { updateObject } from "../registry/update.ts";
import { isTrue } from "../request-info.ts";
import type { Subresource } from "./subresource.ts";

/** What a part is and what may become of it. */
export interface Part {
  /** Copies the part from what the client sent. */
  take(wanted: AnyObject, draft: AnyObject): void;
  /** An applied configuration without what it says of other parts, which nobody comes to own by it. */
  only(configuration: AnyObject): AnyObject;
  /** Whether labels, annotations, finalizers and owners are written through it, too. */
  readonly takesMetadata?: boolean;
  /** What is wrong with the change, beyond what the object's own rules say; `wanted` is all that the client sent. */
  validate?(draft: AnyObject, old: AnyObject, wanted: AnyObject): FieldError[];
}

interface Request {
  readonly exchange: Exchange;
  readonly context: WriteContext;
  readonly operation?: ManagedOperation;
  wanted(current: ApiObject): AnyObject;
}

/** A subresource through which only one part of the object is written: the rest stays as it is stored. */
export function partSubresource(part: Part): Subresource & Required<Pick<Subresource, "get" | "update" | "patch">> {
  return {
    get: getHandler,
    async update(resource, exchange, environment) {
      const context = writeContext(exchange, environment);
      const decoded = await decodeBodyOf(resource.schema, exchange.body);
      const value = expectObject(decoded, resource.schema, { isCustom: resource.custom !== undefined });
      const { json, duplicates } = decoded;
      const sent = readObject(resource, { value, json, duplicates }, exchange);
      checkName(sent, exchange.info.name);
      return write(resource, { exchange, context, wanted: () => sent as AnyObject }, part);
    },
    patch: (resource, exchange, environment) => patch(resource, { exchange, environment }, part),
  };
}

async function patch(
  resource: ServedResource,
  { exchange, environment }: { exchange: Exchange; environment: Environment },
  part: Part,
) {
  const context = writeContext(exchange, environment);
  const read = await readPatch(exchange);
  if (read.type !== APPLY_PATCH) {
    const wanted = (current: ApiObject) => {
      const value = patchObject(resource, current, read);
      return readPatched(resource, { value, patch: read }, exchange) as AnyObject;
    };
    return write(resource, { exchange, context, wanted }, part);
  }
  const configuration = part.only(appliedConfiguration(resource, read, exchange) as AnyObject);
  const force = isTrue(exchange.query.get("force"));
  const { subresource } = exchange.info;
  const wanted = (current: ApiObject) =>
    applied(resource, { current, wanted: configuration, context, force, subresource }) as AnyObject;
  return write(resource, { exchange, context, wanted, operation: "Apply" }, part);
}

async function write(resource: ServedResource, request: Request, part: Part) {
  const { exchange, context, operation = "Update" } = request;
  let wanted: AnyObject;
  const transform = (current: ApiObject): ApiObject => {
    wanted = request.wanted(current);
    const draft = cloneJson(current) as AnyObject;
    if (part.takesMetadata === true) draft.metadata = cloneJson(wanted.metadata ?? {});
    part.take(wanted, draft);
    resource.kind?.setDefaults?.(draft);
    const { resourceVersion, uid, managedFields } = wanted.metadata ?? {};
    const metadata = draft.metadata!;
    metadata.resourceVersion = resourceVersion;
    if (uid !== undefined) metadata.uid = uid;
    if (operation === "Apply" && managedFields !== undefined) metadata.managedFields = managedFields;
    return draft;
  };
  const settle = (draft: AnyObject, old: AnyObject): FieldError[] => {
    const kept = cloneJson(old);
    part.take(draft, kept);
    const { metadata } = draft;
    kept.metadata = part.takesMetadata ? metadata : { ...kept.metadata, managedFields: metadata?.managedFields };
    resource.kind?.setDefaults?.(kept);
    replaceDraft(draft, kept);
    return [...(resource.kind?.validate?.(draft, old) ?? []), ...(part.validate?.(draft, old, wanted) ?? [])];
  };
  const { namespace, name, subresource } = exchange.info;
  const change = { namespace, name, subresource, transform, operation, settle };
  const stored = await updateObject(resource, change, context);
  return objectAnswer(stored.object, { bytes: stored.bytes, resource });
}

type Fields = Record<string, unknown>;

/** A part that is one field of one section (`spec.finalizers`); absent stays absent. */
export function fieldPart(section: string, field: string): Pick<Part, "take" | "only"> {
  return {
    take(wanted, draft) {
      const value = (wanted[section] as Fields | undefined)?.[field];
      const target = (draft[section] ??= {}) as Fields;
      if (value === undefined) delete target[field];
      else target[field] = value;
    },
    only({ apiVersion, kind, metadata, ...rest }) {
      const value = (rest[section] as Fields | undefined)?.[field];
      return { apiVersion, kind, metadata, ...(value !== undefined && { [section]: { [field]: value } }) } as AnyObject;
    },
  };
}
