import { invalid, invalidObject } from "../../api/field-error.ts";
import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { APPLY_PATCH } from "../../api/patch/apply-patch.ts";
import { cloneJson, type JsonObject } from "../../api/patch/json-value.ts";
import { managersOfScale, managersOfScaled } from "../../api/patch/scale-managers.ts";
import { loadSchema } from "../../api/schema-data.ts";
import { badRequest, internalError, notFound } from "../../api/status.ts";
import { normalizeObject } from "../../api/unknown-fields.ts";
import { type Exchange, objectAnswer } from "../exchange.ts";
import { checkName } from "../handlers/check-name.ts";
import { decodeBodyOf, expectObject } from "../handlers/decode.ts";
import { writeContext } from "../handlers/environment.ts";
import { appliedConfiguration, readPatch } from "../handlers/patch.ts";
import { patchObject, type ReadPatch, readPatched } from "../handlers/patched-object.ts";
import { readObject } from "../handlers/read-object.ts";
import { applied, type ManagedOperation } from "../registry/managed-fields.ts";
import { type ServedResource, withChanges } from "../registry/resource.ts";
import type { WriteContext } from "../registry/strategy.ts";
import { type AdmissionView, updateObject } from "../registry/update.ts";
import { isTrue } from "../request-info.ts";
import { type Scale, type ScaleAccess, scaleAccess, scaleOf } from "./scale-access.ts";
import type { Subresource } from "./subresource.ts";

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale" };
const SCALE_DEFINITION = "io.k8s.api.autoscaling.v1.Scale";

/** Plugins and webhooks judge the Scale, not the object behind it. */
const asScale = (access: ScaleAccess): AdmissionView => ({
  show: (object) => scaleOf(object, access),
  take(scale, draft) {
    const replicas = (scale as Scale).spec?.replicas ?? 0;
    if (access.wanted(draft) !== replicas) access.setWanted(draft, replicas);
  },
});

/** How many replicas there shall be and are, the same for every kind that has them. */
export const scaleSubresource: Subresource = {
  async get(resource, exchange) {
    const { namespace, name } = exchange.info;
    const stored = await resource.storage.get(namespace, name);
    if (stored === undefined) throw notFound(resource.schema, name);
    const access = scaleAccess(resource);
    if (resource.custom !== undefined && access.wanted(stored.object) === undefined) {
      throw internalError(`the spec replicas field ${JSON.stringify(access.replicasPath)} does not exist`);
    }
    return objectAnswer(scaleOf(stored.object, access));
  },
  async update(resource, exchange, environment) {
    const context = writeContext(exchange, environment);
    const decoded = await decodeBodyOf(SCALE, exchange.body);
    const { json, duplicates } = decoded;
    const sent = { value: expectObject(decoded, SCALE), json, duplicates };
    const wanted = readObject(asScaleResource(resource), sent, exchange) as Scale;
    checkName(wanted, exchange.info.name);
    return write(resource, { exchange, context }, () => wanted);
  },
  async patch(resource, exchange, environment) {
    const context = writeContext(exchange, environment);
    const patch = await readPatch(exchange);
    if (patch.type === APPLY_PATCH) return apply(resource, { exchange, context, patch });
    const asScales = asScaleResource(resource);
    return write(resource, { exchange, context }, (current) => {
      const value = patchObject(asScales, current, patch);
      return readPatched(asScales, { value, patch }, exchange) as Scale;
    });
  },
};

/** The resource as one of Scales: what clients send of it has that type. */
function asScaleResource(resource: ServedResource): ServedResource {
  const allSchema = loadSchema();
  const schema = { ...resource.schema, ...SCALE, definition: SCALE_DEFINITION };
  const normalize = (value: JsonObject) => normalizeObject(value, allSchema, SCALE_DEFINITION);
  const { custom } = resource;
  return withChanges(resource, {
    ...{ schema, allSchema, normalize, hasStatus: false },
    ...(custom !== undefined && { custom: { ...custom, otherVersions: undefined, hasVersion: undefined } }),
  });
}

interface Request {
  readonly exchange: Exchange;
  readonly context: WriteContext;
  readonly operation?: ManagedOperation;
}

/** Server-side apply: who owns the Scale's replicas owns those of the object behind it. */
function apply(resource: ServedResource, request: Request & { patch: ReadPatch }) {
  const { exchange, context, patch } = request;
  const scales = asScaleResource(resource);
  const configuration = appliedConfiguration(scales, patch, exchange);
  const force = isTrue(exchange.query.get("force"));
  const apiVersion = apiVersionOf(resource.schema);
  return write(resource, { ...request, operation: "Apply" }, (current) => {
    const change = { current, wanted: configuration, context, force, subresource: "scale", apiVersion };
    return applied(scales, change) as Scale;
  });
}

async function write(resource: ServedResource, request: Request, wantedFrom: (current: Scale) => Scale) {
  const { exchange, context, operation = "Update" } = request;
  const { namespace, name, subresource } = exchange.info;
  const access = scaleAccess(resource);
  const path = access.replicasPath.replace(/^\./, "").split(".");
  const transform = (current: ApiObject): ApiObject => {
    const before = scaleOf(current, access);
    const known = current.metadata?.managedFields;
    if (operation === "Apply") before.metadata = { ...before.metadata, managedFields: managersOfScale(known, path) };
    const wanted = wantedFrom(before);
    const replicas = wanted.spec?.replicas ?? (resource.custom === undefined ? 0 : undefined);
    if (replicas === undefined) {
      throw badRequest(`the spec replicas field ${JSON.stringify(access.replicasPath)} cannot be empty`);
    }
    if (!Number.isSafeInteger(replicas) || replicas < 0) {
      throw invalidObject(SCALE, name, [invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
    }
    const draft = cloneJson(current);
    access.setWanted(draft, replicas);
    const metadata = draft.metadata!;
    metadata.resourceVersion = wanted.metadata?.resourceVersion;
    if (wanted.metadata?.uid !== undefined) metadata.uid = wanted.metadata.uid;
    if (operation === "Apply") {
      metadata.managedFields = managersOfScaled(known, wanted.metadata?.managedFields, path);
    }
    return draft;
  };
  const stored = await updateObject(
    resource,
    { namespace, name, subresource, transform, operation, admission: asScale(access) },
    context,
  );
  return objectAnswer(scaleOf(stored.object, access));
}
