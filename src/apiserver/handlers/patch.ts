import { type AnyObject, type ApiObject, parseApiVersion } from "../../api/meta.ts";
import { APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH } from "../../api/patch/apply-patch.ts";
import { cloneJson, isJsonObject } from "../../api/patch/json-value.ts";
import { badRequest, conflict, forbidden, hasReason, isNotFound, unsupportedMediaType } from "../../api/status.ts";
import { cannotBeHandled } from "../../api/unknown-fields.ts";
import { nextTurn } from "../../base/turn.ts";
import { type Exchange, type ObjectAnswer, objectAnswer } from "../exchange.ts";
import { type Authorize, createObject } from "../registry/create.ts";
import { applied, appliedInTurns, waitsForManagers } from "../registry/managed-fields.ts";
import type { ServedResource } from "../registry/resource.ts";
import { takesTurns } from "../registry/take-turns.ts";
import { updateObject } from "../registry/update.ts";
import { isTrue } from "../request-info.ts";
import { checkName } from "./check-name.ts";
import { mediaType, parseYaml, textOf } from "./decode.ts";
import { createAuthorization, type Environment, writeContext } from "./environment.ts";
import { parseJsonText } from "./json-text.ts";
import { patchObject, type ReadPatch, readPatched } from "./patched-object.ts";
import { placeInNamespace } from "./place-in-namespace.ts";
import { readConfiguration, refusedConfiguration } from "./read-object.ts";

const PATCH_TYPES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH, APPLY_PATCH];

/** PATCH of an object, or of its status. */
export async function patchHandler(
  resource: ServedResource,
  exchange: Exchange,
  environment: Environment,
): Promise<ObjectAnswer> {
  const context = writeContext(exchange, environment);
  const patch = await readPatch(exchange);
  const { namespace, name, subresource } = exchange.info;
  if (patch.type === APPLY_PATCH) {
    const authorize = createAuthorization(exchange, environment);
    return applyHandler(resource, { exchange, patch, context, authorize });
  }
  const isLarge = takesTurns(context);
  if (isLarge) await nextTurn();
  const transform = async (current: ApiObject): Promise<ApiObject> => {
    const value = patchObject(resource, current, patch);
    if (isLarge) await nextTurn();
    // Of what the patch leaves alone only the metadata is looked at.
    const known = subresource === "status" ? current : undefined;
    const object = readPatched(resource, { value, patch, known }, exchange);
    placeInNamespace(resource, object, exchange);
    checkName(object, name);
    return object;
  };
  const change = { namespace, name, subresource, transform, isPatch: true } as const;
  const stored = await updateObject(resource, change, context);
  return objectAnswer(stored.object, { bytes: stored.bytes, resource });
}

/** Server-side apply: what the manager wants is merged by field ownership; an object that is not there is created. */
async function applyHandler(
  resource: ServedResource,
  request: { exchange: Exchange; patch: ReadPatch; context: ReturnType<typeof writeContext>; authorize: Authorize },
): Promise<ObjectAnswer> {
  const { exchange, patch, context, authorize } = request;
  const { namespace, name, subresource } = exchange.info;
  const isLarge = takesTurns(context);
  if (isLarge) await nextTurn();
  const wanted = appliedConfiguration(resource, patch, exchange);
  if (isLarge) await nextTurn();
  const force = isTrue(exchange.query.get("force"));
  const operation = "Apply" as const;
  const waits = isLarge || waitsForManagers(resource);
  const merge = async (current: ApiObject | undefined): Promise<ApiObject> => {
    const write = { current, wanted, context, force, subresource };
    try {
      return await (waits ? appliedInTurns(resource, { ...write, isLarge }) : applied(resource, write));
    } catch (error) {
      // Merging tells of the first thing only.
      throw (hasReason(error, "BadRequest") ? refusedConfiguration(resource, wanted) : undefined) ?? error;
    }
  };
  try {
    const change = { namespace, name, subresource, transform: merge, operation, isPatch: true } as const;
    const stored = await updateObject(resource, change, context);
    return objectAnswer(stored.object, { bytes: stored.bytes, resource });
  } catch (error) {
    if (!isNotFound(error) || subresource !== "") throw error;
    const { uid = "" } = wanted.metadata ?? {};
    if (uid !== "") {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(resource.schema, name, why);
    }
    if (resource.custom?.isTerminating) {
      const why = "create not allowed while custom resource definition is terminating";
      throw forbidden(resource.schema, name, why);
    }
    const draft = await merge(undefined);
    const stored = await createObject(resource, draft, context, { operation, authorize });
    return objectAnswer(stored.object, { code: 201, bytes: stored.bytes, resource });
  }
}

/** The body of a PATCH. @throws StatusError UnsupportedMediaType, BadRequest */
export async function readPatch(exchange: Exchange): Promise<ReadPatch> {
  const type = mediaType(exchange.body.contentType);
  if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType(PATCH_TYPES);
  if (exchange.body.value !== undefined) return { type, value: exchange.body.value };
  const bytes = await exchange.body.read();
  return { type, ...(type === APPLY_PATCH ? await parseYaml(bytes) : parseJsonText(bytes, errorPrefix(type))) };
}

const errorPrefix = (type: string): string => (type === STRATEGIC_MERGE_PATCH ? "" : "error decoding patch: ");

/** What a manager applies, as the resource's type holds it. @throws StatusError BadRequest */
export function appliedConfiguration(
  resource: ServedResource,
  { value, duplicates }: ReadPatch,
  exchange: Exchange,
): ApiObject {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest("the apply patch must be an object");
  const wanted = cloneJson(value) as AnyObject;
  const { group, version } = parseApiVersion(textOf(wanted.apiVersion, "apiVersion") ?? "");
  const { schema } = resource;
  if (wanted.kind !== schema.kind || group !== schema.group || version !== schema.version) {
    throw badRequest(
      `invalid object type: ${group}/${version}, Kind=${typeof wanted.kind === "string" ? wanted.kind : ""}`,
    );
  }
  const meta = (wanted.metadata ??= {});
  if (!isJsonObject(meta)) throw cannotBeHandled(schema, "metadata is not an object");
  if (Array.isArray(meta.managedFields)) throw badRequest("metadata.managedFields must be nil");
  const { name, namespace } = exchange.info;
  meta.name ??= name;
  if (typeof meta.name === "string" && meta.name !== name) {
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
  }
  if (schema.namespaced) meta.namespace = namespace;
  return readConfiguration(resource, { value: wanted, duplicates }, exchange);
}
