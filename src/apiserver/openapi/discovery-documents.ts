import type { Schema } from "../../api/schema.ts";
import type { Content, OpenapiSchema, Operation, PathItem } from "./document.ts";
import { refTo } from "./document.ts";
import { groupVersionName, tagOf } from "./operations.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** What lies beside the group-versions: a document each, by its place under /openapi/v3/. It has one path. */
export type DiscoveryDocuments = Readonly<Record<string, Readonly<Record<string, PathItem>>>>;

/** @param schema the built-in resources: upstream has no such document for groups of custom resources */
export function discoveryDocuments(schema: Schema): DiscoveryDocuments {
  const groups = new Set(schema.resources.map(({ group }) => group).filter((group) => group !== ""));
  const documents: [string, Operation][] = [
    [
      ".well-known/openid-configuration",
      plain({
        description: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
        operationId: "getServiceAccountIssuerOpenIDConfiguration",
        tag: "WellKnown",
        content: { "application/json": { schema: { type: "string" } } },
      }),
    ],
    [
      "api",
      plain({
        description: "get available API versions",
        operationId: "getCoreAPIVersions",
        tag: "core",
        content: listing("APIVersions"),
      }),
    ],
    [
      "apis",
      plain({
        description: "get available API versions",
        operationId: "getAPIVersions",
        tag: "apis",
        content: listing("APIGroupList"),
      }),
    ],
    ...[...groups].map((group): [string, Operation] => [
      `apis/${group}`,
      plain({
        description: "get information of a group",
        operationId: `get${groupVersionName(group, "")}APIGroup`,
        tag: tagOf(group, "").slice(0, -1),
        content: listing("APIGroup"),
      }),
    ]),
    [
      "openid/v1/jwks",
      plain({
        description: "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
        operationId: "getServiceAccountIssuerOpenIDKeyset",
        tag: "openid",
        content: { "application/jwk-set+json": { schema: { type: "string" } } },
      }),
    ],
    [
      "version",
      plain({
        description: "get the version information for this server",
        operationId: "getCodeVersion",
        tag: "version",
        content: { "application/json": { schema: refTo("io.k8s.apimachinery.pkg.version.Info") } },
      }),
    ],
  ];
  return Object.fromEntries(documents.map(([place, get]) => [place, { [`/${place}/`]: { get } }]));
}

function listing(kind: string): Content {
  const schema: OpenapiSchema = refTo(`${META}.${kind}`);
  return { "application/json": { schema }, "application/yaml": { schema } };
}

function plain({
  tag,
  content,
  ...facts
}: {
  description: string;
  operationId: string;
  tag: string;
  content: Content;
}): Operation {
  const responses = { 200: { description: "OK", content }, 401: { description: "Unauthorized" } };
  return { ...facts, tags: [tag], responses };
}
