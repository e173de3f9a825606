import assert from "node:assert/strict";
import { test } from "node:test";
import { loadDescriptions, loadSchema } from "../../api/schema-data.ts";
import { discoveryDocuments } from "./discovery-documents.ts";
import { refsIn } from "./references.ts";
import { openapiV2Document } from "./v2.ts";
import { discoveryDocument, openapiV3Index } from "./v3.ts";

const schema = loadSchema();
const descriptions = loadDescriptions();
const discovery = discoveryDocuments(schema);

/** By path, as upstream's api/openapi-spec has them. */
const expected: Readonly<Record<string, readonly [id: string, tag: string, answer: string]>> = {
  "/.well-known/openid-configuration/": ["getServiceAccountIssuerOpenIDConfiguration", "WellKnown", "string"],
  "/api/": ["getCoreAPIVersions", "core", "io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions"],
  "/apis/": ["getAPIVersions", "apis", "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList"],
  "/apis/apps/": ["getAppsAPIGroup", "apps", "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup"],
  "/apis/rbac.authorization.k8s.io/": [
    "getRbacAuthorizationAPIGroup",
    "rbacAuthorization",
    "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup",
  ],
  "/apis/flowcontrol.apiserver.k8s.io/": [
    "getFlowcontrolApiserverAPIGroup",
    "flowcontrolApiserver",
    "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup",
  ],
  "/openid/v1/jwks/": ["getServiceAccountIssuerOpenIDKeyset", "openid", "string"],
  "/version/": ["getCodeVersion", "version", "io.k8s.apimachinery.pkg.version.Info"],
};

test("each path of discovery has a document of its own, with all that it refers to", () => {
  const index = openapiV3Index(schema, { discovery });
  for (const [path, [id, tag, answer]] of Object.entries(expected)) {
    const place = path.slice(1, -1);
    assert.match(index.paths[place]?.serverRelativeURL ?? "", /\?hash=[0-9A-F]{64}$/, path);
    const document = discoveryDocument(discovery[place]!, { schema, descriptions });
    const get = document.paths[path]?.get;
    assert.deepEqual([get?.operationId, get?.tags], [id, [tag]]);
    const [content] = Object.values(get?.responses[200]?.content ?? {});
    const { type, $ref } = (content?.schema ?? {}) as { type?: string; $ref?: string };
    assert.equal(type ?? $ref?.split("/").at(-1), answer);
    for (const name of refsIn(document)) assert.ok(document.components.schemas[name] !== undefined, `${path} ${name}`);
  }
  assert.equal(
    Object.keys(discovery).some((place) => place === "apis/"),
    false,
  );
});

test("the one document of OpenAPI 2.0 has them too", async () => {
  const bytes = await openapiV2Document(schema, descriptions, { format: "json", discovery });
  const { paths, definitions } = JSON.parse(bytes.toString()) as {
    paths: Record<string, { get?: { operationId?: string } }>;
    definitions: Record<string, unknown>;
  };
  for (const [path, [id, , answer]] of Object.entries(expected)) {
    assert.equal(paths[path]?.get?.operationId, id);
    if (answer !== "string") assert.ok(definitions[answer] !== undefined, answer);
  }
  await openapiV2Document(schema, descriptions, { format: "protobuf", discovery });
});
