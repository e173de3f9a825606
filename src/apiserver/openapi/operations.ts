import { answersDeletedObject } from "../../api/deletion-answers.ts";
import type { GroupVersionKind } from "../../api/schema.ts";
import {
  type Content,
  type HttpMethod,
  type OpenapiSchema,
  type Operation,
  type Parameter,
  refTo,
} from "./document.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const mediaTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const watchMediaTypes = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const patchMediaTypes = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** What tells one operation from another. */
export interface OperationFacts {
  /** get, list, post, put, patch, delete, deletecollection or connect. */
  readonly action: string;
  readonly method: HttpMethod;
  readonly description: string;
  readonly operationId: string;
  readonly tag: string;
  readonly parameters: readonly Parameter[];
  readonly kind: GroupVersionKind;
  /** Definition of what is sent and answered. Absent: plain text, of which OpenAPI knows nothing. */
  readonly definition: string | undefined;
  /** Definition of the list kind, for `list`. */
  readonly listDefinition?: string;
  /** Custom resources have neither protobuf nor strategic merge patch. */
  readonly isCustom?: boolean;
}

const customMediaTypes = mediaTypes.slice(0, 2);
const customPatchMediaTypes = patchMediaTypes.slice(0, 3);

/** Builds an operation as upstream describes it. */
export function operation(facts: OperationFacts): Operation {
  const { group, version, kind } = facts.kind;
  return {
    description: facts.description,
    operationId: facts.operationId,
    tags: [facts.tag],
    ...(facts.parameters.length === 0 ? {} : { parameters: facts.parameters }),
    ...requestBody(facts),
    responses: { ...responses(facts), 401: { description: "Unauthorized" } },
    "x-kubernetes-action": facts.action,
    "x-kubernetes-group-version-kind": { group, version, kind },
  };
}

function requestBody({ action, definition, isCustom }: OperationFacts): Pick<Operation, "requestBody"> {
  if (action === "patch") {
    const types = isCustom ? customPatchMediaTypes : patchMediaTypes;
    return { requestBody: { content: content(types, refTo(`${meta}.Patch`)), required: true } };
  }
  if (action === "delete" || action === "deletecollection") {
    return { requestBody: { content: content(["*/*"], refTo(`${meta}.DeleteOptions`)) } };
  }
  if ((action !== "post" && action !== "put") || definition === undefined) return {};
  const types = isCustom ? customMediaTypes : ["*/*"];
  return { requestBody: { content: content(types, refTo(definition)), required: true } };
}

function responses(facts: OperationFacts): Operation["responses"] {
  const { action, definition } = facts;
  const objects = facts.isCustom ? customMediaTypes : mediaTypes;
  if (action === "connect") return { 200: { description: "OK", content: content(["*/*"], { type: "string" }) } };
  if (definition === undefined)
    return { 200: { description: "OK", content: content(["text/plain"], { type: "string" }) } };
  if (action === "list") {
    const list = refTo(facts.listDefinition ?? definition);
    return {
      200: { description: "OK", content: content(facts.isCustom ? objects : [...objects, ...watchMediaTypes], list) },
    };
  }
  const answersStatus = action === "deletecollection" || (action === "delete" && !answersDeletedObject(facts.kind));
  const body = content(objects, refTo(answersStatus ? `${meta}.Status` : definition));
  const answers: Record<string, { description: string; content: Content }> = {
    200: { description: "OK", content: body },
  };
  if (["post", "put", "patch"].includes(action)) answers[201] = { description: "Created", content: body };
  if (action === "post" || action === "delete") answers[202] = { description: "Accepted", content: body };
  return answers;
}

function content(types: readonly string[], schema: OpenapiSchema): Content {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

/** `RbacAuthorizationV1` of a group and version: what operation names contain. */
export function groupVersionName(group: string, version: string): string {
  const words = group === "" ? ["core"] : group.replace(/\.k8s\.io$/, "").split(/[.-]/);
  return [...words, version].map(capitalized).join("");
}

/** `rbacAuthorization_v1`: what operations are grouped by. */
export function tagOf(group: string, version: string): string {
  const [first, ...rest] = group === "" ? ["core"] : group.replace(/\.k8s\.io$/, "").split(/[.-]/);
  return `${[first, ...rest.map(capitalized)].join("")}_${version}`;
}

export function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
