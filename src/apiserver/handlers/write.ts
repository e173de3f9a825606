import { answersDeletedObject } from "../../api/deletion-answers.ts";
import { invalid, invalidObject } from "../../api/field-error.ts";
import type { ApiObject } from "../../api/meta.ts";
import { isNotFound, type Status, unsupportedMediaType } from "../../api/status.ts";
import { atOnce } from "../../base/at-once.ts";
import { nextTurn } from "../../base/turn.ts";
import { chosen } from "../cache/selection.ts";
import { type Answer, type Exchange, type ObjectAnswer, objectAnswer } from "../exchange.ts";
import { createObject } from "../registry/create.ts";
import { type DeleteOptions, deleteObject } from "../registry/delete.ts";
import { dropRepeatedOwners } from "../registry/owner-references.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { WriteContext } from "../registry/strategy.ts";
import { takesTurns } from "../registry/take-turns.ts";
import { uidConflict, updateObject } from "../registry/update.ts";
import { BodyMemory, type SentObject } from "./body-memory.ts";
import { checkName } from "./check-name.ts";
import { decodeBodyOf, expectObject, JSON_TYPE, mediaType, PROTOBUF_TYPE, YAML_TYPE } from "./decode.ts";
import { deleteOptions } from "./delete-options.ts";
import { createAuthorization, type Environment, writeContext } from "./environment.ts";
import { checkListOptions, limitOf } from "./options.ts";
import { placeInNamespace } from "./place-in-namespace.ts";
import { readObject } from "./read-object.ts";
import { selectionOf } from "./selection.ts";

/** POST to a collection. */
export async function createHandler(
  resource: ServedResource,
  exchange: Exchange,
  environment: Environment,
): Promise<ObjectAnswer> {
  const context = writeContext(exchange, environment);
  const sent = newObject(resource, exchange, context);
  const { draft, sameness } = sent instanceof Promise ? await sent : sent;
  placeInNamespace(resource, draft, exchange);
  dropRepeatedOwners(draft, { isAdmitted: false }, context);
  const stored = await createObject(resource, draft, context, { sameness });
  return objectAnswer(stored.object, { code: 201, bytes: stored.bytes, resource });
}

/** PUT on an object, or on its status. */
export async function updateHandler(
  resource: ServedResource,
  exchange: Exchange,
  environment: Environment,
): Promise<ObjectAnswer> {
  const { namespace, name, subresource } = exchange.info;
  const context = writeContext(exchange, environment);
  const known = sharedWith(resource, exchange);
  const draft = await bodyOf(resource, exchange, { context, known });
  placeInNamespace(resource, draft, exchange);
  checkName(draft, name);
  dropRepeatedOwners(draft, { isAdmitted: false }, context);
  const transform = (): ApiObject => {
    const { kind, strategy } = resource;
    if (strategy.refusesUnconditionalUpdate || kind?.refusesUnconditionalUpdate) requireVersion(resource, draft);
    return draft;
  };
  try {
    const stored = await updateObject(resource, { namespace, name, subresource, transform }, context);
    return objectAnswer(stored.object, { bytes: stored.bytes, resource });
  } catch (error) {
    const mayCreate = resource.strategy.createOnUpdate === true && subresource === "" && isNotFound(error);
    if (!mayCreate) throw error;
    if ((draft.metadata?.uid ?? "") !== "") throw uidConflict(resource, draft);
    const { resourceVersion: _, ...metadata } = draft.metadata ?? {};
    draft.metadata = metadata;
    const authorize = createAuthorization(exchange, environment);
    const stored = await createObject(resource, draft, context, { authorize });
    return objectAnswer(stored.object, { code: 201, bytes: stored.bytes, resource });
  }
}

/** @throws StatusError Invalid when a PUT does not say which version it replaces */
function requireVersion({ schema }: ServedResource, { metadata }: ApiObject): void {
  if ((metadata?.resourceVersion ?? "") !== "" && metadata?.resourceVersion !== "0") return;
  const error = invalid("metadata.resourceVersion", 0, "must be specified for an update");
  throw invalidObject({ group: schema.group, kind: schema.resource }, metadata?.name ?? "", [error]);
}

/** DELETE of one object: answers the object while it stays, and a Status when it is gone (or the object, for some kinds). */
export async function deleteHandler(
  resource: ServedResource,
  exchange: Exchange,
  environment: Environment,
): Promise<Answer> {
  const { namespace, name } = exchange.info;
  const { options, dryRun } = await deleteOptions(exchange);
  const context = writeContext(exchange, environment, dryRun);
  warnOfOrphans(resource, options, exchange);
  const { stored, gone } = await deleteObject(resource, { namespace, name, options }, context);
  // As upstream, and only where the client asks in these words: that it goes later breaks older clients.
  const code = !gone && options.orphanDependents === false ? 202 : 200;
  if (!gone || answersDeletedObject(resource.schema)) {
    return objectAnswer(stored.object, { code, bytes: stored.bytes, resource });
  }
  const { uid } = stored.object.metadata ?? {};
  const { group, resource: kind } = resource.schema;
  const details = { name, ...(group === "" ? {} : { group }), kind, ...(uid === undefined ? {} : { uid }) };
  const status: Omit<Status, "code"> = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
  return objectAnswer(status as ApiObject);
}

/** DELETE of a collection: every object that the selectors name, or the first of them, each on its own. Answers the list as it was. */
export async function deleteCollectionHandler(
  resource: ServedResource,
  exchange: Exchange,
  environment: Environment,
): Promise<Answer> {
  const { options, dryRun } = await deleteOptions(exchange);
  const context = writeContext(exchange, environment, dryRun);
  checkListOptions(exchange.query, false);
  const selection = selectionOf(resource, {
    namespace: exchange.info.namespace,
    labelSelector: exchange.query.get("labelSelector"),
    fieldSelector: exchange.query.get("fieldSelector"),
  });
  warnOfOrphans(resource, options, exchange);
  const cache = resource.storage.cache;
  await cache.freshFor(selection);
  const candidates = cache.candidates(selection);
  const revision = cache.revision;
  const entries = await chosen(candidates, selection, limitOf(exchange.query));
  for (const entry of entries) {
    const [name = "", namespace = ""] = entry.key.slice(resource.storage.prefix.length).split("/").reverse();
    try {
      await deleteObject(resource, { namespace, name, options, admission: "collection" }, context);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return { kind: "list", resource, revision, entries };
}

function warnOfOrphans({ kind }: ServedResource, options: DeleteOptions, exchange: Exchange): void {
  const { orphanDependents, propagationPolicy } = options;
  if (kind?.orphaningWarning === undefined || orphanDependents !== undefined || propagationPolicy !== undefined) return;
  exchange.warnings.push(kind.orphaningWarning);
}

/** What a component of this process may have made its object of: the rest of that is as it was read. */
function sharedWith(resource: ServedResource, { info, body }: Exchange): ApiObject | undefined {
  if (body.value === undefined || resource.custom !== undefined) return undefined;
  return resource.storage.cached(info.namespace, info.name)?.object;
}

const bodyMemories = new WeakMap<ServedResource, BodyMemory>();

/** Of kinds of which thousands are made from one template. */
function bodyMemoryOf(resource: ServedResource, { body }: Exchange): BodyMemory | undefined {
  const isRemembered = resource.kind?.preparesAnyName === true && resource.custom === undefined;
  if (!isRemembered || body.value !== undefined || (mediaType(body.contentType) || JSON_TYPE) !== JSON_TYPE) {
    return undefined;
  }
  let memory = bodyMemories.get(resource);
  if (memory === undefined) bodyMemories.set(resource, (memory = new BodyMemory()));
  return memory;
}

function newObject(
  resource: ServedResource,
  exchange: Exchange,
  context: WriteContext,
): SentObject | Promise<SentObject> {
  const memory = bodyMemoryOf(resource, exchange);
  if (memory === undefined) return bodyOf(resource, exchange, { context }).then((draft) => ({ draft }));
  return atOnce(
    exchange.body.read(),
    (bytes) => memory.recall(bytes) ?? readAndNoted(bytes, { memory, resource, exchange, context }),
  );
}

async function readAndNoted(
  bytes: Buffer,
  by: { memory: BodyMemory; resource: ServedResource; exchange: Exchange; context: WriteContext },
): Promise<SentObject> {
  const { memory, resource, exchange, context } = by;
  const warned = exchange.warnings.length;
  const draft = await bodyOf(resource, exchange, { context });
  // With Ignore nobody looks whether fields come twice.
  const isSound = exchange.warnings.length === warned && exchange.query.get("fieldValidation") !== "Ignore";
  if (!isSound) return { draft };
  // What is remembered has its defaults, which do not look at names.
  resource.kind?.setDefaults?.(draft);
  memory.note(bytes, draft);
  return { draft };
}

async function bodyOf(
  resource: ServedResource,
  exchange: Exchange,
  { context, known }: { context: WriteContext; known?: ApiObject | undefined },
): Promise<ApiObject> {
  if (resource.custom !== undefined && mediaType(exchange.body.contentType) === PROTOBUF_TYPE) {
    throw unsupportedMediaType([JSON_TYPE, YAML_TYPE]);
  }
  const decoded = await decodeBodyOf(resource.schema, exchange.body);
  if (takesTurns(context)) await nextTurn();
  // What was handed over in process is still the sender's.
  const isOwned = exchange.body.value === undefined;
  const object = expectObject(decoded, resource.schema, { isCustom: resource.custom !== undefined });
  const { json, fields, duplicates } = decoded;
  const sent = { value: object, json, fields, duplicates, isOwned, known };
  return readObject(resource, sent, exchange);
}
