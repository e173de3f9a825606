import type { Definition } from "../../api/schema.ts";
import type { Parameter } from "./document.ts";

type Texts = Readonly<Record<string, string>>;

/** Query parameters that are not strings. */
const types: Readonly<Record<string, string>> = {
  allowWatchBookmarks: "boolean",
  force: "boolean",
  gracePeriodSeconds: "integer",
  ignoreStoreReadErrorWithClusterBreakingPotential: "boolean",
  limit: "integer",
  orphanDependents: "boolean",
  sendInitialEvents: "boolean",
  timeoutSeconds: "integer",
  watch: "boolean",
};

const deletion = [
  "dryRun",
  "gracePeriodSeconds",
  "ignoreStoreReadErrorWithClusterBreakingPotential",
  "orphanDependents",
  "propagationPolicy",
];

/** Which objects of a collection are meant. */
const selection = [
  "continue",
  "fieldSelector",
  "labelSelector",
  "limit",
  "resourceVersion",
  "resourceVersionMatch",
  "sendInitialEvents",
  "shardSelector",
  "timeoutSeconds",
];

/** Query parameters by action, beyond `pretty`, which all have. */
const byAction: Readonly<Record<string, readonly string[]>> = {
  list: ["allowWatchBookmarks", ...selection, "watch"],
  post: ["dryRun", "fieldManager", "fieldValidation"],
  put: ["dryRun", "fieldManager", "fieldValidation"],
  patch: ["dryRun", "fieldManager", "fieldValidation", "force"],
  delete: deletion,
  deletecollection: [...deletion, ...selection],
};

/** The query parameters of an action such as `list` or `patch`. */
export function queryParameters(action: string, texts: Texts): Parameter[] {
  return (byAction[action] ?? []).map((name) => queryParameter(name, texts[`${action}.${name}`] ?? texts[name] ?? ""));
}

/** A connect subresource takes the fields of its options kind as query parameters. */
export function optionParameters(options: Definition | undefined, texts: Texts): Parameter[] {
  return Object.entries(options?.fields ?? {})
    .filter(([name, { type }]) => type !== undefined && name !== "kind" && name !== "apiVersion")
    .map(([name, { type }]) => ({
      name,
      in: "query",
      description: texts[name] ?? "",
      schema: { type: type!, uniqueItems: true },
    }));
}

function queryParameter(name: string, description: string): Parameter {
  return { name, in: "query", description, schema: { type: types[name] ?? "string", uniqueItems: true } };
}

/** The parameters of a path: the placeholders that it has, and `pretty`. */
export function pathParameters(path: string, kind: string, texts: Texts): Parameter[] {
  const parameters: Parameter[] = [];
  const add = (name: string, description: string): void => {
    if (!path.includes(`{${name}}`)) return;
    parameters.push({ name, in: "path", description, required: true, schema: { type: "string", uniqueItems: true } });
  };
  add("name", `name of the ${kind}`);
  add("namespace", texts.namespace ?? "");
  add("path", "path to the resource");
  return [...parameters, queryParameter("pretty", texts.pretty ?? "")];
}
