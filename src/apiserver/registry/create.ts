import { type FieldError, invalidObject } from "../../api/field-error.ts";
import { validateFinalizerOwners } from "../../api/finalizer-names.ts";
import type { Likeness } from "../../api/kind.ts";
import type { AnyObject, ApiObject, ObjectMeta } from "../../api/meta.ts";
import { validateObjectMeta } from "../../api/object-meta.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { alreadyExists, badRequest, generatedNameTaken, StatusError } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import { joined } from "../../base/joined.ts";
import { nextTurn } from "../../base/turn.ts";
import { KeyExistsError } from "../../store/store.ts";
import { type AdmissionAttributes, ofObject } from "../admission/admission.ts";
import { admissionAttributes, checkAdmitted } from "./admit.ts";
import { expectMore, isKnownFaultless, likeContent, noteFaultless, seenOf } from "./alike.ts";
import { type Content, contentOf } from "./codec.ts";
import type { PreparedContent } from "./like-content.ts";
import { type ManagedOperation, type Sameness, trackWrite, trackWriteInTurns } from "./managed-fields.ts";
import { completeDraft, countsGeneration, type ServedResource } from "./resource.ts";
import type { Stored } from "./storage.ts";
import type { Undo, WriteContext } from "./strategy.ts";
import { takesTurns } from "./take-turns.ts";
import { writeSmaller } from "./write-smaller.ts";

/** How often a generated name is made anew when it is taken (upstream: 8). */
const GENERATE_NAME_TRIES = 8;
const GENERATED_NAME_BASE_MAX = 58;

/** Asks whether the user may create the object, where the request's own verb is another (PUT, PATCH). @throws StatusError */
export type Authorize = () => Promise<void>;

/**
 * Creates an object, in upstream's order: managed fields, mutating admission, name and metadata, what clients may not set,
 * validation, validating admission, store. The draft belongs to this function.
 * @throws StatusError Invalid, AlreadyExists, Forbidden …
 */
export async function createObject(
  resource: ServedResource,
  draft: ApiObject,
  context: WriteContext,
  options: { operation?: ManagedOperation; authorize?: Authorize; sameness?: Sameness | undefined } = {},
): Promise<Stored> {
  const { operation = "Update", authorize, sameness } = options;
  wipeMeta(resource, draft);
  if (sameness === undefined) resource.kind?.setDefaults?.(draft);
  const isLarge = takesTurns(context);
  if (isLarge) await nextTurn();
  // What the server adds from here on belongs to nobody, so that an apply that leaves it out does not take it away.
  if (isLarge) await trackWriteInTurns(resource, { draft, context, operation, isLarge });
  else trackWrite(resource, { draft, context, operation, sameness });
  if (isLarge) await nextTurn();
  const attributes = admissionAttributes(resource, context, { operation: "CREATE", object: draft });
  try {
    const managers = draft.metadata?.managedFields;
    const admitting = resource.admission.admit(attributes);
    if (admitting !== undefined) await admitting;
    checkAdmitted(draft, managers, context);
    return await createNamed(resource, { draft, attributes, authorize, operation }, context);
  } finally {
    attributes.end();
  }
}

interface Creation {
  readonly draft: ApiObject;
  readonly attributes: AdmissionAttributes;
  readonly authorize: Authorize | undefined;
  readonly operation: ManagedOperation;
}

function createNamed(resource: ServedResource, creation: Creation, context: WriteContext): Promise<Stored> {
  const { name = "", generateName = "" } = creation.draft.metadata ?? {};
  const isGenerated = name === "" && generateName !== "";
  return isGenerated ? createGenerated(resource, creation, context) : createOnce(resource, creation, context);
}

/** A generated name that is taken is followed by another. */
async function createGenerated(resource: ServedResource, creation: Creation, context: WriteContext): Promise<Stored> {
  const isPreparedOnce = resource.kind?.preparesAnyName === true && resource.strategy.beforeCreate === undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      if (!isPreparedOnce) return await createOnce(resource, withCopy(creation), context);
      if (attempt === 1) prepare(resource, creation.draft, context);
      else nameAnew(resource, creation.draft, context);
      return await createPrepared(resource, creation, context);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
      if (attempt >= GENERATE_NAME_TRIES) throw error;
    }
  }
}

function withCopy(creation: Creation): Creation {
  const draft = copyToName(creation.draft);
  return { ...creation, draft, attributes: ofObject(creation.attributes, { object: draft }) };
}

/** A copy of its own but for the managed fields, which nobody changes any more. */
function copyToName(draft: ApiObject): ApiObject {
  const { managedFields, ...metadata } = draft.metadata ?? {};
  const copy: AnyObject & { metadata: ObjectMeta } = cloneJson({ ...draft, metadata });
  if (managedFields !== undefined) copy.metadata.managedFields = managedFields;
  return copy;
}

async function createOnce(resource: ServedResource, creation: Creation, context: WriteContext): Promise<Stored> {
  const { draft } = creation;
  prepare(resource, draft, context);
  const { strategy } = resource;
  if (strategy.beforeCreate === undefined) return await createPrepared(resource, creation, context);
  const undo = await strategy.beforeCreate(draft, context);
  try {
    return await createPrepared(resource, creation, context, undo);
  } catch (error) {
    await undo?.();
    throw error;
  }
}

function prepare(resource: ServedResource, draft: ApiObject, context: WriteContext): void {
  fillMeta(resource, draft, context);
  if (resource.hasStatus && resource.kind?.statusOnCreate !== true) delete (draft as AnyObject).status;
  resource.kind?.setDefaults?.(draft);
  // After admission, which may change what a kind makes of it: the quality of service of a pod, say.
  resource.kind?.prepareForCreate?.(draft);
}

function nameAnew(resource: ServedResource, draft: ApiObject, context: WriteContext): void {
  draft.metadata!.name = "";
  fillMeta(resource, draft, context);
}

async function createPrepared(
  resource: ServedResource,
  { draft, attributes, authorize, operation }: Creation,
  context: WriteContext,
  undo?: Undo,
): Promise<Stored> {
  completeDraft(resource, draft);
  const isLarge = takesTurns(context);
  if (isLarge) await nextTurn();
  const checked = checkedContent(resource, draft, context);
  const content = checked instanceof Promise ? await checked : checked;
  if (isLarge) await nextTurn();
  if (authorize !== undefined) await authorize();
  const validating = resource.admission.validate(attributes);
  if (validating !== undefined) await validating;
  return await store(resource, { draft, content, operation }, context, undo);
}

/**
 * All beside the metadata as it is stored, of an object in which nothing is wrong. What the kind's rules found nothing against
 * a moment ago they need not look at again.
 * @throws StatusError Invalid
 */
function checkedContent(
  resource: ServedResource,
  draft: ApiObject,
  context: WriteContext,
): Content | PreparedContent | Promise<Content> {
  const { kind } = resource;
  const likeness = kind?.likeness?.(draft);
  const like = likeness && likeContent(kind!, draft, likeness);
  if (like !== undefined) {
    refuse(resource, draft, metadataErrors(resource, draft));
    return like;
  }
  const content = contentOf(draft);
  const check = (): Content => {
    checkNew(resource, { draft, content, likeness }, context);
    return content;
  };
  return takesTurns(context) ? nextTurn().then(check) : check();
}

async function store(
  resource: ServedResource,
  {
    draft,
    content,
    operation,
  }: { readonly draft: ApiObject; readonly content: Content | PreparedContent; readonly operation: ManagedOperation },
  context: WriteContext,
  undo?: Undo,
): Promise<Stored> {
  const name = draft.metadata?.name ?? "";
  checkVersion(draft, context);
  if (context.dryRun) {
    if ((await resource.storage.get(draft.metadata?.namespace ?? "", name)) !== undefined) throw taken(resource, draft);
    await undo?.();
    return { object: draft, bytes: Buffer.from(JSON.stringify(draft)), revision: 0 };
  }
  try {
    return await writeSmaller(draft, operation, () => resource.storage.create(draft, content));
  } catch (error) {
    if (error instanceof KeyExistsError) throw taken(resource, draft);
    throw error;
  }
}

/**
 * Upstream's storage refuses what has a version, when all else is well (with 500; who sends it hears here that it is he), and
 * a dry run never comes to it. What is no number names no version.
 * @throws StatusError BadRequest
 */
function checkVersion({ metadata = {} }: ApiObject, { dryRun }: WriteContext): void {
  const { resourceVersion = "" } = metadata;
  if (dryRun) return;
  if (/^0*[1-9]\d*$/.test(resourceVersion))
    throw badRequest("resourceVersion should not be set on objects to be created");
  delete metadata.resourceVersion;
}

/** As upstream, also where the name was given along with what to generate it from. */
function taken(
  { schema }: ServedResource,
  { metadata: { name = "", generateName = "" } = {} }: ApiObject,
): StatusError {
  return generateName === "" ? alreadyExists(schema, name) : generatedNameTaken(schema, name);
}

/** What only the server sets (upstream: rest.WipeObjectMetaSystemFields). */
function wipeMeta(resource: ServedResource, draft: ApiObject): void {
  const meta: ObjectMeta = draft.metadata ?? {};
  draft.metadata = meta;
  delete meta.uid;
  delete meta.creationTimestamp;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
  if (!resource.schema.namespaced) delete meta.namespace;
}

/** What every object has, whatever admission made of it. */
function fillMeta(resource: ServedResource, draft: ApiObject, context: WriteContext): void {
  const meta: ObjectMeta = (draft.metadata ??= {});
  if ((meta.name ?? "") === "" && (meta.generateName ?? "") !== "") {
    meta.name = meta.generateName!.slice(0, GENERATED_NAME_BASE_MAX) + context.random.suffix(5);
  }
  meta.uid = context.random.uuid();
  meta.creationTimestamp = formatTime(context.clock.now());
  if (countsGeneration(resource)) meta.generation = 1;
  else delete meta.generation;
}

/** Looks for what is wrong or unwise. @throws StatusError Invalid */
function checkNew(
  resource: ServedResource,
  of: { readonly draft: ApiObject; readonly content: Content; readonly likeness: Likeness | undefined },
  context: WriteContext,
): void {
  const { kind } = resource;
  const { draft, content, likeness } = of;
  const wrong = metadataErrors(resource, draft);
  const seen = seenOf(likeness, content.text);
  const isKnown = kind !== undefined && seen !== undefined && isKnownFaultless(kind, seen);
  refuse(
    resource,
    draft,
    isKnown ? wrong : joined(wrong, kind?.validate?.(draft) ?? [], kind?.validateCreate?.(draft) ?? []),
  );
  if (isKnown) {
    expectMore(kind, seen, { object: draft, content, ownName: likeness?.ownName });
    return;
  }
  const warnings = kind?.warnings?.(draft) ?? [];
  for (const warning of warnings) context.warn(warning);
  if (kind !== undefined && seen !== undefined && warnings.length === 0) noteFaultless(kind, seen);
}

function metadataErrors({ kind, schema, custom }: ServedResource, { metadata = {} }: ApiObject): FieldError[] {
  const { group, namespaced } = schema;
  return joined(
    validateObjectMeta(metadata, { namespaced, nameRule: kind?.nameRule ?? "dnsSubdomain" }),
    custom === undefined ? validateFinalizerOwners(group, metadata.finalizers) : [],
  );
}

/** @throws StatusError Invalid when something is wrong */
function refuse({ schema }: ServedResource, { metadata }: ApiObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject(schema, metadata?.name ?? "", errors);
}
