import fc from "fast-check";
import type { ResourceSchema, Schema } from "../../src/api/schema.ts";
import { bodyFor, JSON_TYPE, PROTOBUF } from "./bodies.ts";
import { examples } from "./examples.ts";
import { type Fields, ObjectSource } from "./objects.ts";

/** One request as it comes off the wire. */
export interface FuzzRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const ACCEPTS = [
  "",
  JSON_TYPE,
  PROTOBUF,
  `${PROTOBUF},${JSON_TYPE}`,
  "application/yaml",
  "application/json;as=Table;g=meta.k8s.io;v=v1,application/json",
  "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`,
  "application/json;as=Pod",
  "application/cbor",
  "*/*;q=0.1",
  "constructor",
  ";;q=x,,",
];

const NAMES = ["a", "b", "web", "default"];
/** Names that nothing has yet. */
const fresh = fc.nat({ max: 10_000 }).map((number) => `n${number}`);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 12, arbitrary: fc.constant("a") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "..",
      "%2e%2e",
      "a%2fb",
      "%zz",
      "%00",
      "",
      "__proto__",
      "A_B",
      "a".repeat(300),
      "%ff",
      "status",
    ),
  },
);
const selector = fc.constantFrom(
  "",
  "a=b",
  "a in (b,c)",
  "!a",
  "a,b",
  "((",
  "a=b=c",
  "__proto__=x",
  "x".repeat(70),
  `${"k=v,".repeat(500)}k`,
  "metadata.name=a",
  "spec.nodeName!=x",
  "status.phase=Running",
  "\\",
  "%00",
);
const flag = fc.constantFrom("true", "false", "1", "", "maybe", "NaN");
const version = fc.constantFrom("", "0", "1", "5", "99999", "9007199254740993", "-1", "abc", "1.5", "0x1");
const PARAMETERS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  dryRun: fc.constantFrom("All", "All", "", "Some"),
  fieldManager: fc.constantFrom("a", "b", "", "x".repeat(129), "\u0000"),
  fieldValidation: fc.constantFrom("Strict", "Warn", "Ignore", "", "Lax"),
  force: flag,
  labelSelector: selector,
  fieldSelector: selector,
  limit: fc.constantFrom("1", "0", "2", "-1", "NaN", "1e9", "99999999999", ""),
  continue: fc.constantFrom(
    "",
    "abc",
    Buffer.from('{"v":"meta.k8s.io/v1","rv":-1,"start":"../"}').toString("base64url"),
  ),
  resourceVersion: version,
  resourceVersionMatch: fc.constantFrom("Exact", "NotOlderThan", "", "Newest"),
  watch: flag,
  sendInitialEvents: flag,
  allowWatchBookmarks: flag,
  timeoutSeconds: fc.constantFrom("1", "0", "-1", "x"),
  timeout: fc.constantFrom("1s", "0", "-1s", "x", "1h"),
  pretty: flag,
  gracePeriodSeconds: fc.constantFrom("0", "-1", "30", "x", "1e3"),
  propagationPolicy: fc.constantFrom("Orphan", "Background", "Foreground", "None"),
  orphanDependents: flag,
  includeObject: fc.constantFrom("None", "Object", "Metadata", "x"),
  verbose: flag,
  exclude: name,
};

const query = fc
  .array(
    fc
      .constantFrom(...Object.keys(PARAMETERS))
      .chain((parameter) => PARAMETERS[parameter]!.map((value) => [parameter, value] as const)),
    { maxLength: 4 },
  )
  .map((pairs) => (pairs.length === 0 ? "" : `?${new URLSearchParams(pairs as [string, string][])}`));

/** What makes an apply possible. */
const managed = fc.constantFrom(
  "?fieldManager=a",
  "?fieldManager=b&force=true",
  "?fieldManager=b",
  "?fieldValidation=Strict",
  "?fieldManager=a&dryRun=All",
);

const PATHS = [
  "/",
  "/api",
  "/apis",
  "/api/v1",
  "/apis/apps",
  "/apis/apps/v1",
  "/version",
  "/healthz",
  "/livez",
  "/readyz",
  "/livez/ping",
  "/metrics",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/api/v1",
  "/openapi/v3/apis/apps/v1",
  "/.well-known/openid-configuration",
  "/openid/v1/jwks",
  "/apis/no.such/v1/things",
  "/api/v2/pods",
  "//",
  "/%",
  "/api/v1/%2e%2e/pods",
  "/apis/__proto__/v1/x",
  "/api/v1/constructor",
];

/** Requests of every verb, kind, subresource, encoding and query that a schema knows; many of them with something wrong. */
export function requests(schema: Schema): fc.Arbitrary<FuzzRequest> {
  const source = new ObjectSource(schema);
  const plain = fc.record({
    method: fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "DELETE", "FOO"),
    path: fc.constantFrom(...PATHS),
    query,
    accept: fc.constantFrom(...ACCEPTS),
  });
  return fc.oneof(
    {
      weight: 1,
      arbitrary: plain.map(({ method, path, query, accept }) => ({
        method,
        url: path + query,
        headers: { accept },
        body: Buffer.alloc(0),
      })),
    },
    {
      weight: 30,
      arbitrary: fc.constantFrom(...schema.resources).chain((resource) => aboutResource(resource, source)),
    },
  );
}

interface Target {
  readonly resource: ResourceSchema;
  readonly subresource: string;
  readonly kind: { group: string; version: string; kind: string };
  readonly definition: string;
}

function aboutResource(resource: ResourceSchema, source: ObjectSource): fc.Arbitrary<FuzzRequest> {
  const whole: Target = { resource, subresource: "", kind: resource, definition: resource.definition };
  const parts = (resource.subresources ?? []).map((part): Target => {
    const isOwn = part.kind === resource.kind;
    return {
      resource,
      subresource: part.name,
      kind: part,
      definition: isOwn ? resource.definition : (DEFINITIONS[part.kind] ?? resource.definition),
    };
  });
  const target =
    parts.length === 0
      ? fc.constant(whole)
      : fc.oneof({ weight: 2, arbitrary: fc.constant(whole) }, { weight: 1, arbitrary: fc.constantFrom(...parts) });
  return target.chain((each) => aboutTarget(each, source));
}

const DEFINITIONS: Readonly<Record<string, string>> = {
  Scale: "io.k8s.api.autoscaling.v1.Scale",
  Binding: "io.k8s.api.core.v1.Binding",
  Eviction: "io.k8s.api.policy.v1.Eviction",
  TokenRequest: "io.k8s.api.authentication.v1.TokenRequest",
};

const METHODS: Readonly<Record<string, readonly string[]>> = {
  create: ["POST", "POST", "POST"],
  update: ["PUT", "PUT"],
  patch: ["PATCH", "PATCH", "PATCH"],
  get: ["GET"],
  list: ["GET"],
  delete: ["DELETE"],
};

/** Mostly what the resource has. */
function methodOf({ resource, subresource }: Target): fc.Arbitrary<string> {
  const verbs =
    subresource === ""
      ? resource.verbs
      : (resource.subresources?.find(({ name }) => name === subresource)?.verbs ?? []);
  const served = verbs.flatMap((verb) => METHODS[verb] ?? []);
  return fc.oneof(
    { weight: served.length === 0 ? 0 : 15, arbitrary: fc.constantFrom(...served, "GET") },
    { weight: 1, arbitrary: fc.constantFrom("POST", "PUT", "PATCH", "GET", "DELETE", "HEAD", "OPTIONS", "FOO") },
  );
}

function aboutTarget(target: Target, source: ObjectSource): fc.Arbitrary<FuzzRequest> {
  const shape = {
    method: methodOf(target),
    namespace: fc.oneof(
      { weight: 15, arbitrary: fc.constant("default") },
      { weight: 1, arbitrary: fc.constantFrom("kube-system", "nowhere", "%2e%2e", "") },
    ),
    name,
    fresh,
    isFresh: fc.boolean(),
    isCollection: fc.integer({ min: 0, max: 3 }),
    query: fc.oneof(
      { weight: 3, arbitrary: fc.constant("") },
      { weight: 2, arbitrary: query },
      { weight: 2, arbitrary: managed },
    ),
    accept: fc.oneof(
      { weight: 2, arbitrary: fc.constant(JSON_TYPE) },
      { weight: 1, arbitrary: fc.constantFrom(...ACCEPTS) },
    ),
    encoding: fc.constantFrom("gzip", "", "identity"),
    fields: source.object(target.definition, 2),
    isExample: fc.boolean(),
  };
  return fc.record(shape).chain((parts) => {
    const { method, namespace, isCollection } = parts;
    const isNew = parts.isFresh && (method === "POST" || method === "PATCH") && target.subresource === "";
    const name = isNew ? parts.fresh : parts.name;
    const onCollection =
      target.subresource === "" && (method === "POST" ? isCollection > 0 || isNew : isCollection === 0);
    const path = pathOf(target, { namespace, name: onCollection ? "" : name });
    const object = objectFor(target, { ...parts, name });
    return bodyFor(method, object, parts.fields).map(({ type, body }) => ({
      method,
      url: path + parts.query,
      headers: { accept: parts.accept, "content-type": type, "accept-encoding": parts.encoding },
      body,
    }));
  });
}

function pathOf({ resource, subresource }: Target, at: { namespace: string; name: string }): string {
  const { group, version } = resource;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = resource.namespaced && at.namespace !== "" ? `/namespaces/${at.namespace}` : "";
  return `${root}${scope}/${resource.resource}${at.name === "" ? "" : `/${at.name}`}${subresource === "" ? "" : `/${subresource}`}`;
}

function objectFor(
  target: Target,
  parts: { fields: Fields; isExample: boolean; name: string; namespace: string },
): Fields {
  const { group, version, kind } = target.kind;
  const example = examples[kind] ?? {};
  const fields = parts.isExample
    ? example
    : { ...parts.fields, ...(Math.abs(hash(parts.name)) % 2 === 0 ? example : {}) };
  const metadata = { name: safeName(parts.name), ...(example.metadata as Fields | undefined) };
  return { apiVersion: group === "" ? version : `${group}/${version}`, kind, ...fields, metadata };
}

const safeName = (text: string): string => (text.includes("%") ? "b" : text);
const hash = (text: string): number =>
  [...text].reduce((sum, character) => sum + character.codePointAt(0)!, text.length);
