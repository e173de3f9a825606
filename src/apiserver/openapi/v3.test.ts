import assert from "node:assert/strict";
import { test } from "node:test";
import { loadDescriptions, loadSchema } from "../../api/schema-data.ts";
import type { OpenapiSchema, Operation } from "./document.ts";
import { refsIn } from "./references.ts";
import { openapiV3Document, openapiV3Hash, openapiV3Index } from "./v3.ts";

const schema = loadSchema();
const descriptions = loadDescriptions();
const core = openapiV3Document(schema, descriptions, { group: "", version: "v1" });
const apps = openapiV3Document(schema, descriptions, { group: "apps", version: "v1" });

const operation = (path: string, method: "get" | "post" | "put" | "patch" | "delete"): Operation => {
  const found = (path.startsWith("/api/") ? core : apps).paths[path]?.[method];
  assert.ok(found !== undefined, `${method} ${path}`);
  return found;
};
const property = (definition: string, name: string): OpenapiSchema => {
  const properties = core.components.schemas[definition]?.properties as Record<string, OpenapiSchema>;
  assert.ok(properties?.[name] !== undefined, `${definition}.${name}`);
  return properties[name];
};

test("documents are self-contained and operations have names of their own", () => {
  for (const of of new Map(
    schema.resources.map(({ group, version }) => [`${group}/${version}`, { group, version }]),
  ).values()) {
    const document = openapiV3Document(schema, descriptions, of);
    for (const name of refsIn(document))
      assert.ok(document.components.schemas[name] !== undefined, `${of.group}: ${name}`);
    const names = Object.values(document.paths).flatMap(({ get, put, post, patch, delete: remove }) =>
      [get, put, post, patch, remove].flatMap((each) => (each === undefined ? [] : [each.operationId])),
    );
    assert.equal(new Set(names).size, names.length, `${of.group}/${of.version} names an operation twice`);
  }
});

test("the index lists every group-version under a hash that changes with what is served", () => {
  const { paths } = openapiV3Index(schema);
  assert.equal(Object.keys(paths).length, 36);
  assert.match(paths["apis/apps/v1"]?.serverRelativeURL ?? "", /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/);
  const of = { group: "apps", version: "v1" };
  const fewer = { ...schema, resources: schema.resources.filter(({ resource }) => resource !== "deployments") };
  assert.notEqual(openapiV3Hash(fewer, of), openapiV3Hash(schema, of));
  assert.equal(openapiV3Hash(fewer, { group: "", version: "v1" }), openapiV3Hash(schema, { group: "", version: "v1" }));
});

test("a resource has paths for its collection, its items, all namespaces and its subresources", () => {
  const deployments = Object.keys(apps.paths).filter((path) => path.includes("deployments"));
  assert.deepEqual(deployments.sort(), [
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/namespaces/{namespace}/deployments",
    "/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
    "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale",
    "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status",
  ]);
});

test("PATCH tells its kind, its media types and that the server validates fields", () => {
  const patch = operation("/apis/apps/v1/namespaces/{namespace}/deployments/{name}", "patch");
  assert.equal(patch.operationId, "patchAppsV1NamespacedDeployment");
  assert.deepEqual(patch["x-kubernetes-group-version-kind"], { group: "apps", version: "v1", kind: "Deployment" });
  assert.equal(patch["x-kubernetes-action"], "patch");
  assert.deepEqual(
    patch.parameters?.map(({ name }) => name),
    ["dryRun", "fieldManager", "fieldValidation", "force"],
  );
  assert.match(patch.parameters?.[1]?.description ?? "", /required for apply requests/);
  assert.ok(patch.requestBody?.content["application/apply-patch+yaml"] !== undefined);
});

test("subresources tell the kind that they take", () => {
  const kindOf = (path: string, method: "get" | "post") =>
    operation(path, method)["x-kubernetes-group-version-kind"]?.kind;
  const pod = "/api/v1/namespaces/{namespace}/pods/{name}";
  assert.equal(kindOf(`${pod}/eviction`, "post"), "Eviction");
  assert.equal(kindOf(`${pod}/exec`, "get"), "PodExecOptions");
  assert.equal(kindOf("/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale", "get"), "Scale");
  assert.equal(operation(`${pod}/exec`, "post")["x-kubernetes-action"], "connect");
  assert.ok(core.paths[`${pod}/exec`]?.parameters?.some(({ name }) => name === "command"));
  assert.ok(operation(`${pod}/log`, "get").parameters?.some(({ name }) => name === "tailLines"));
});

test("properties carry types, formats, enums, defaults and references", () => {
  const container = "io.k8s.api.core.v1.Container";
  const ports = property(container, "ports");
  assert.deepEqual(ports.items, {
    allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.ContainerPort" }],
    default: {},
  });
  assert.deepEqual(ports["x-kubernetes-list-map-keys"], ["containerPort", "protocol"]);
  assert.equal(ports["x-kubernetes-list-type"], "map");
  assert.equal(ports["x-kubernetes-patch-merge-key"], "containerPort");
  assert.equal(ports["x-kubernetes-patch-strategy"], "merge");
  const protocol = property("io.k8s.api.core.v1.ContainerPort", "protocol");
  assert.deepEqual([protocol.type, protocol.default, protocol.enum], ["string", "TCP", ["SCTP", "TCP", "UDP"]]);
  const containerPort = property("io.k8s.api.core.v1.ContainerPort", "containerPort");
  assert.deepEqual([containerPort.type, containerPort.format, containerPort.default], ["integer", "int32", 0]);
  assert.equal(property(container, "imagePullPolicy").default, undefined);
  const spec = property("io.k8s.api.core.v1.Pod", "spec");
  assert.deepEqual(spec.allOf, [{ $ref: "#/components/schemas/io.k8s.api.core.v1.PodSpec" }]);
  assert.deepEqual(spec.default, {});
  assert.equal(property("io.k8s.api.core.v1.PodSpec", "affinity").default, undefined);
});

test("scalar types and maps are as upstream describes them", () => {
  const schemas = core.components.schemas;
  const quantity = schemas["io.k8s.apimachinery.pkg.api.resource.Quantity"];
  assert.deepEqual(quantity?.oneOf, [{ type: "string" }, { type: "number" }]);
  const intOrString = schemas["io.k8s.apimachinery.pkg.util.intstr.IntOrString"];
  assert.equal(intOrString?.format, "int-or-string");
  assert.equal(schemas["io.k8s.apimachinery.pkg.apis.meta.v1.Time"]?.format, "date-time");
  assert.deepEqual(property("io.k8s.api.core.v1.Secret", "data").additionalProperties, {
    type: "string",
    format: "byte",
  });
  assert.deepEqual(property("io.k8s.api.core.v1.ConfigMap", "data").additionalProperties, {
    type: "string",
    default: "",
  });
  const limits = property("io.k8s.api.core.v1.ResourceRequirements", "limits").additionalProperties;
  assert.deepEqual(limits, { $ref: "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity" });
  assert.equal(schemas["io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"]?.["x-kubernetes-map-type"], "atomic");
  assert.equal(property("io.k8s.api.core.v1.PodSpec", "nodeSelector")["x-kubernetes-map-type"], "atomic");
});

test("kinds are marked, required fields listed", () => {
  const pod = core.components.schemas["io.k8s.api.core.v1.Pod"];
  assert.deepEqual(pod?.["x-kubernetes-group-version-kind"], [{ group: "", version: "v1", kind: "Pod" }]);
  assert.deepEqual(core.components.schemas["io.k8s.api.core.v1.PodSpec"]?.required, ["containers"]);
  assert.ok(core.components.schemas["io.k8s.api.core.v1.PodList"] !== undefined);
});

test("custom resources bring their own schemas", () => {
  const widget = {
    group: "example.com",
    version: "v1",
    resource: "widgets",
    singular: "widget",
    kind: "Widget",
    namespaced: true,
    verbs: ["create", "get", "list", "patch"],
    definition: "com.example.v1.Widget",
  };
  const meta = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1";
  const components = {
    "com.example.v1.Widget": { type: "object", properties: { metadata: { $ref: `${meta}.ObjectMeta` } } },
    "com.example.v1.WidgetList": {
      type: "object",
      properties: { items: { $ref: "#/components/schemas/com.example.v1.Widget" } },
    },
    "com.example.v1.Other": { type: "object" },
  };
  const own = { ...schema, resources: [...schema.resources, widget] };
  const document = openapiV3Document(own, descriptions, { group: "example.com", version: "v1", components });
  const names = Object.keys(document.components.schemas);
  assert.ok(
    names.includes("com.example.v1.WidgetList") &&
      names.includes("io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference"),
  );
  assert.ok(!names.includes("com.example.v1.Other"));
  assert.ok(document.paths["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]?.patch !== undefined);
});
