import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { type Exchange, withChanged } from "../exchange.ts";
import { type Environment, writeContext } from "../handlers/environment.ts";
import { admissionAttributes } from "../registry/admit.ts";
import type { ServedResource } from "../registry/resource.ts";
import { flag } from "./pod-container.ts";

type FieldType = "flag" | "text" | "list" | "numbers";

/** Fields of the options objects, which come as query parameters. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, FieldType>>>> = {
  PodExecOptions: { stdin: "flag", stdout: "flag", stderr: "flag", tty: "flag", container: "text", command: "list" },
  PodAttachOptions: { stdin: "flag", stdout: "flag", stderr: "flag", tty: "flag", container: "text" },
  PodPortForwardOptions: { ports: "numbers" },
  PodProxyOptions: { path: "text" },
  ServiceProxyOptions: { path: "text" },
  NodeProxyOptions: { path: "text" },
};

/**
 * Asks the admission plugins whether a stream or proxied request may be, as the operation CONNECT with the options as its
 * object; answers the exchange with what they made of the options. @throws StatusError
 */
export async function admitConnect(
  resource: ServedResource,
  exchange: Exchange,
  of: { environment: Environment; name?: string; path?: string },
): Promise<Exchange> {
  const { namespace, name, subresource } = exchange.info;
  const part = resource.schema.subresources?.find((each) => each.name === subresource);
  const kind = part?.kind ?? "";
  const object = optionsOf(kind, exchange.query);
  if (of.path !== undefined) object.path = of.path;
  const before = { ...object };
  const context = writeContext(exchange, of.environment);
  const connect = { operation: "CONNECT", subresource, object, namespace, name: of.name ?? name } as const;
  const attributes = admissionAttributes(resource, context, connect);
  await resource.admission.admit(attributes);
  await resource.admission.validate(attributes);
  if (of.path !== undefined || equalJson(before, object)) return exchange;
  return withChanged(exchange, { query: queryOf(kind, object, exchange.query) });
}

function optionsOf(kind: string, query: URLSearchParams): AnyObject {
  const options: AnyObject = { kind, apiVersion: "v1" };
  for (const [name, type] of Object.entries(FIELDS[kind] ?? {})) {
    const values = query.getAll(name);
    if (values.length === 0) continue;
    if (type === "list") options[name] = values;
    else if (type === "numbers") options[name] = values.flatMap((each) => each.split(",")).map(Number);
    else if (type === "flag") options[name] = flag(query, name);
    else options[name] = values[0];
  }
  return options;
}

/** The query with the options as they are now. */
function queryOf(kind: string, options: ApiObject, query: URLSearchParams): URLSearchParams {
  const changed = new URLSearchParams(query);
  for (const name of Object.keys(FIELDS[kind] ?? {})) {
    changed.delete(name);
    const value = (options as AnyObject)[name];
    if (value === undefined || value === null) continue;
    for (const each of Array.isArray(value) ? value : [value]) changed.append(name, String(each));
  }
  return changed;
}
