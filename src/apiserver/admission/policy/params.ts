import type { ParamKind, ParamRef } from "../../../api/generated/admissionregistration.k8s.io/v1.ts";
import { type ApiObject, parseApiVersion, type ResourceReference } from "../../../api/meta.ts";
import { labelSelectorOf } from "../../../api/selectors.ts";
import type { ObjectReader } from "../../reader.ts";
import type { ResourceVersions } from "../matching/resource-versions.ts";

/** Parameters cannot be had; the policy's failure policy says what that means. */
export class ParamsError extends Error {
  override name = "ParamsError";
}

/** What a policy's parameters are; undefined when it takes none. @throws ParamsError when nobody serves them */
export function paramResource(
  paramKind: ParamKind | undefined,
  versions: ResourceVersions,
): ResourceReference | undefined {
  if (paramKind === undefined) return undefined;
  const { apiVersion = "", kind = "" } = paramKind;
  const { group, version } = parseApiVersion(apiVersion);
  const resource = versions.resourceOf({ group, version, kind });
  if (resource === undefined) {
    throw new ParamsError(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`);
  }
  return resource;
}

/**
 * The objects that a binding gives its policy as `params`, one evaluation each. One undefined when the policy takes none, or
 * the binding gives none. @throws ParamsError
 */
export async function collectParams(
  of: { resource: ResourceReference | undefined; paramRef: ParamRef | undefined; namespace: string },
  reader: ObjectReader,
): Promise<(ApiObject | undefined)[]> {
  const { resource, paramRef } = of;
  if (resource === undefined || paramRef === undefined) return [undefined];
  const namespace = namespaceFor(resource, paramRef, of.namespace);
  const params = await find(reader, resource, { paramRef, namespace });
  if (params.length === 0 && paramRef.parameterNotFoundAction === "Deny") {
    throw new ParamsError("no params found for policy binding with `Deny` parameterNotFoundAction");
  }
  return params;
}

async function find(
  reader: ObjectReader,
  resource: ResourceReference,
  { paramRef, namespace }: { paramRef: ParamRef; namespace: string | undefined },
): Promise<ApiObject[]> {
  if (paramRef.name) {
    const found = await reader.get(resource, namespace, paramRef.name);
    return found === undefined ? [] : [complete(found, resource)];
  }
  const selects = labelSelectorOf(paramRef.selector);
  const all = await reader.list(resource, namespace);
  return all.filter((each) => selects(each.metadata?.labels)).map((each) => complete(each, resource));
}

/** Stored objects may leave out what their resource says already. */
function complete(object: ApiObject, { group, version, kind }: ResourceReference): ApiObject {
  return { ...object, apiVersion: group === "" ? version : `${group}/${version}`, kind };
}

/** @throws ParamsError */
function namespaceFor(resource: ResourceReference, paramRef: ParamRef, requested: string): string | undefined {
  if (!resource.namespaced) {
    if (paramRef.namespace)
      throw new ParamsError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
    return undefined;
  }
  const namespace = paramRef.namespace || requested;
  if (namespace === "")
    throw new ParamsError("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
  return namespace;
}
