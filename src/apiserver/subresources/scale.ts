import { invalid, invalidObject } from "../../api/field-error.ts";
import type { ApiObject } from "../../api/meta.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { badRequest, internalError, notFound } from "../../api/status.ts";
import { type Exchange, objectAnswer } from "../exchange.ts";
import { type Environment, writeContext } from "../handlers/environment.ts";
import { patchObject, readPatch } from "../handlers/patch.ts";
import { readObject } from "../handlers/read-object.ts";
import { typedBody, typeOf } from "../handlers/typed-body.ts";
import type { ServedResource } from "../registry/resource.ts";
import { type AdmissionView, updateObject } from "../registry/update.ts";
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
    const wanted = await typedBody<Scale>(exchange, SCALE);
    if (wanted.metadata?.name !== exchange.info.name)
      throw badRequest("the name of the Scale does not match the name on the URL");
    return write(resource, { exchange, environment }, () => wanted);
  },
  async patch(resource, exchange, environment) {
    const patch = await readPatch(exchange);
    const shape = { resource, definition: SCALE_DEFINITION };
    return write(resource, { exchange, environment }, (current) => {
      const value = patchObject(current, patch, shape);
      return readObject(typeOf(SCALE), { value }, exchange) as Scale;
    });
  },
};

async function write(
  resource: ServedResource,
  request: { exchange: Exchange; environment: Environment },
  wantedFrom: (current: Scale) => Scale,
) {
  const { exchange, environment } = request;
  const { namespace, name, subresource } = exchange.info;
  const access = scaleAccess(resource);
  const transform = (current: ApiObject): ApiObject => {
    const wanted = wantedFrom(scaleOf(current, access));
    const replicas = wanted.spec?.replicas ?? (resource.custom === undefined ? 0 : undefined);
    if (replicas === undefined) {
      throw badRequest(`the spec replicas field ${JSON.stringify(access.replicasPath)} cannot be empty`);
    }
    if (!Number.isSafeInteger(replicas) || replicas < 0) {
      throw invalidObject(SCALE, name, [invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
    }
    const draft = cloneJson(current);
    access.setWanted(draft, replicas);
    draft.metadata!.resourceVersion = wanted.metadata?.resourceVersion;
    return draft;
  };
  const stored = await updateObject(
    resource,
    { namespace, name, subresource, transform, admission: asScale(access) },
    writeContext(exchange, environment),
  );
  return objectAnswer(scaleOf(stored.object, access));
}
