import assert from "node:assert/strict";
import { test } from "node:test";
import { loadDescriptions, loadSchema } from "./schema-data.ts";

const schema = loadSchema();

test("the schema holds all resources and subresources of Kubernetes 1.36", () => {
  const groupVersions = new Set(schema.resources.map((resource) => `${resource.group}/${resource.version}`));
  const subresources = schema.resources.flatMap((resource) => resource.subresources ?? []);
  assert.deepEqual([schema.resources.length, subresources.length, groupVersions.size], [95, 55, 36]);
});

test("every reference names a definition, every resource's definition is of its kind", () => {
  for (const [name, definition] of Object.entries(schema.definitions)) {
    for (const [field, { ref, type, container }] of Object.entries(definition.fields)) {
      assert.ok(ref === undefined || schema.definitions[ref] !== undefined, `${name}.${field} refers to ${ref}`);
      assert.ok(ref === undefined || type === undefined, `${name}.${field} has both a type and a reference`);
      assert.ok(container !== undefined || ref !== undefined || type !== undefined, `${name}.${field} has no type`);
    }
  }
  for (const { group, version, kind, definition } of schema.resources) {
    assert.deepEqual(schema.definitions[definition]?.kinds, [{ group, version, kind }]);
  }
});

test("protobuf numbers of a message are unique", () => {
  for (const [name, definition] of Object.entries(schema.definitions)) {
    const seen = new Set<string>();
    for (const [field, { number, inside }] of Object.entries(definition.fields)) {
      if (number === undefined) continue;
      const key = [...(inside ?? []), number].join(".");
      assert.ok(!seen.has(key), `${name}.${field} has a number that another field has`);
      seen.add(key);
    }
  }
});

test("fields carry tags, formats, enums and apply rules", () => {
  const field = (definition: string, name: string) => schema.definitions[definition]?.fields[name];
  assert.deepEqual(field("io.k8s.api.core.v1.Container", "ports"), {
    ref: "io.k8s.api.core.v1.ContainerPort",
    container: "list",
    number: 6,
    patchStrategy: "merge",
    patchMergeKey: "containerPort",
    listType: "map",
    listMapKeys: ["containerPort", "protocol"],
  });
  assert.deepEqual(field("io.k8s.api.core.v1.Volume", "hostPath"), {
    ref: "io.k8s.api.core.v1.HostPathVolumeSource",
    number: 1,
    inside: [2],
    pointer: true,
  });
  assert.deepEqual(field("io.k8s.api.core.v1.ContainerPort", "protocol")?.enum, ["SCTP", "TCP", "UDP"]);
  assert.equal(field("io.k8s.api.core.v1.Pod", "kind")?.enum, undefined);
  assert.equal(field("io.k8s.api.core.v1.PersistentVolumeSpec", "claimRef")?.mapType, "granular");
  assert.equal(field("io.k8s.api.core.v1.PersistentVolumeClaimSpec", "dataSource")?.mapType, "atomic");
  assert.equal(field("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "generation")?.format, "int64");
});

test("resources come in the order of discovery with their short names", () => {
  const groups = [...new Set(schema.resources.map((resource) => resource.group))];
  assert.deepEqual(groups.slice(0, 4), ["", "apiregistration.k8s.io", "apps", "events.k8s.io"]);
  const autoscalers = schema.resources.filter((resource) => resource.resource === "horizontalpodautoscalers");
  assert.deepEqual(
    autoscalers.map(({ version, shortNames }) => ({ version, shortNames })),
    [
      { version: "v2", shortNames: ["hpa"] },
      { version: "v1", shortNames: ["hpa"] },
    ],
  );
});

test("descriptions explain types and fields", () => {
  const pod = loadDescriptions()["io.k8s.api.core.v1.Pod"];
  assert.match(pod?.[""] ?? "", /^Pod is a collection of containers/);
  assert.match(pod?.spec ?? "", /^Specification of the desired behavior of the pod/);
});
