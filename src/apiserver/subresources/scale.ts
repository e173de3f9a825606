import { invalid, invalidObject } from "../../api/field-error.ts";
import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { formatLabelSelector } from "../../api/selectors.ts";
import { badRequest, notFound } from "../../api/status.ts";
import { type Exchange, objectAnswer } from "../exchange.ts";
import { decodeBody, expectObject } from "../handlers/decode.ts";
import { type Environment, writeContext } from "../handlers/environment.ts";
import { patchObject, readPatch } from "../handlers/patch.ts";
import type { ServedResource } from "../registry/resource.ts";
import { type AdmissionView, updateObject } from "../registry/update.ts";
import type { Subresource } from "./subresource.ts";

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale" };
const SCALE_DEFINITION = "io.k8s.api.autoscaling.v1.Scale";

interface Scalable extends AnyObject {
  spec?: { replicas?: number; selector?: unknown };
  status?: { replicas?: number };
}

interface Scale extends ApiObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

/** Plugins and webhooks judge the Scale, not the object behind it. */
const AS_SCALE: AdmissionView = {
  show: (object) => scaleOf(object as Scalable),
  take(scale, draft) {
    const scalable = draft as Scalable;
    const replicas = (scale as Scale).spec?.replicas ?? 0;
    if (scalable.spec?.replicas !== replicas) scalable.spec = { ...scalable.spec, replicas };
  },
};

/** How many replicas there shall be and are, the same for every kind that has them. */
export const scaleSubresource: Subresource = {
  async get(resource, exchange) {
    const { namespace, name } = exchange.info;
    const stored = await resource.storage.get(namespace, name);
    if (stored === undefined) throw notFound(resource.schema, name);
    return objectAnswer(scaleOf(stored.object as Scalable));
  },
  async update(resource, exchange, environment) {
    const wanted = expectObject((await decodeBody(exchange.body)).value, SCALE) as Scale;
    if (wanted.metadata?.name !== exchange.info.name)
      throw badRequest("the name of the Scale does not match the name on the URL");
    return write(resource, { exchange, environment }, () => wanted);
  },
  async patch(resource, exchange, environment) {
    const patch = await readPatch(exchange);
    const shape = { resource, definition: SCALE_DEFINITION };
    return write(resource, { exchange, environment }, (current) => patchObject(current, patch, shape) as Scale);
  },
};

/** The Scale that an object shows. */
export function scaleOf(object: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {};
  return {
    kind: SCALE.kind,
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: object.spec?.replicas === undefined ? {} : { replicas: object.spec.replicas },
    status: { replicas: object.status?.replicas ?? 0, selector: selectorText(object) },
  };
}

function selectorText(object: Scalable): string {
  const selector = (object.spec?.selector ?? {}) as Record<string, unknown>;
  // ReplicationControllers select by a plain map.
  const isPlain = object.kind === "ReplicationController";
  return formatLabelSelector(isPlain ? { matchLabels: selector as Record<string, string> } : selector);
}

async function write(
  resource: ServedResource,
  request: { exchange: Exchange; environment: Environment },
  wantedFrom: (current: Scale) => Scale,
) {
  const { exchange, environment } = request;
  const { namespace, name, subresource } = exchange.info;
  const transform = (current: ApiObject): ApiObject => {
    const wanted = wantedFrom(scaleOf(current as Scalable));
    const replicas = wanted.spec?.replicas ?? 0;
    if (!Number.isSafeInteger(replicas) || replicas < 0) {
      throw invalidObject(SCALE, name, [invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
    }
    const draft = cloneJson(current) as Scalable;
    draft.spec = { ...draft.spec, replicas };
    draft.metadata!.resourceVersion = wanted.metadata?.resourceVersion;
    return draft;
  };
  const stored = await updateObject(
    resource,
    { namespace, name, subresource, transform, admission: AS_SCALE },
    writeContext(exchange, environment),
  );
  return objectAnswer(scaleOf(stored.object as Scalable));
}
