import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema } from "../../api/schema-data.ts";
import { apiGroupDiscoveryList } from "./aggregated.ts";
import { apiGroup, apiGroupList, apiVersions, groupResources, withRemoteVersions } from "./groups.ts";
import { apiResourceList } from "./resource-list.ts";

const groups = groupResources(loadSchema().resources);
const groupNamed = (name: string) => groups.find((group) => group.name === name)!;
const listOf = (group: string, version: string) => {
  const found = groupNamed(group).versions.find((candidate) => candidate.version === version)!;
  return apiResourceList(groupNamed(group), found);
};
const resourceNamed = (name: string, group = "", version = "v1") =>
  listOf(group, version).resources.find((resource) => resource.name === name);

test("/api tells the versions of the core group and where the server is", () => {
  assert.deepEqual(apiVersions(groups, "10.0.0.1:6443"), {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "10.0.0.1:6443" }],
  });
});

test("/apis lists the groups without the core one, the preferred version first", () => {
  const { groups: listed } = apiGroupList(groups);
  assert.equal(listed.length, 22);
  assert.deepEqual(
    listed.slice(0, 3).map(({ name }) => name),
    ["apiregistration.k8s.io", "apps", "events.k8s.io"],
  );
  const autoscaling = listed.find(({ name }) => name === "autoscaling");
  assert.deepEqual(autoscaling?.preferredVersion, { groupVersion: "autoscaling/v2", version: "v2" });
  assert.deepEqual(autoscaling?.versions.at(-1), { groupVersion: "autoscaling/v1", version: "v1" });
  assert.equal(apiGroup(groupNamed("apps")).kind, "APIGroup");
});

test("a resource list has names, verbs, short names, categories and the storage version's hash", () => {
  assert.deepEqual(resourceNamed("pods"), {
    name: "pods",
    singularName: "pod",
    namespaced: true,
    kind: "Pod",
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    shortNames: ["po"],
    categories: ["all"],
    // The value that upstream's servers give too.
    storageVersionHash: "xPOwRZ+Yhw8=",
  });
  assert.deepEqual(resourceNamed("componentstatuses")?.verbs, ["get", "list"]);
  assert.equal(resourceNamed("bindings")?.storageVersionHash, undefined);
  assert.equal(listOf("", "v1").groupVersion, "v1");
});

test("all versions of a resource have the hash of the version that is stored", () => {
  const hash = (version: string) =>
    resourceNamed("horizontalpodautoscalers", "autoscaling", version)?.storageVersionHash;
  assert.equal(hash("v1"), "qwQve8ut294=");
  assert.equal(hash("v2"), hash("v1"));
});

test("subresources follow their resource and tell a kind of another group", () => {
  const names = listOf("", "v1").resources.map(({ name }) => name);
  assert.deepEqual(names.slice(names.indexOf("pods"), names.indexOf("pods") + 3), [
    "pods",
    "pods/attach",
    "pods/binding",
  ]);
  assert.deepEqual(resourceNamed("pods/eviction"), {
    name: "pods/eviction",
    singularName: "",
    namespaced: true,
    group: "policy",
    version: "v1",
    kind: "Eviction",
    verbs: ["create"],
  });
  assert.equal(resourceNamed("pods/status")?.group, undefined);
});

test("aggregated discovery has everything in one answer", () => {
  const list = apiGroupDiscoveryList([groupNamed("apps")], "v2", () => true);
  assert.deepEqual([list.kind, list.apiVersion], ["APIGroupDiscoveryList", "apidiscovery.k8s.io/v2"]);
  const [group] = list.items;
  assert.deepEqual(group?.metadata, { name: "apps" });
  assert.deepEqual(
    [group?.metadata.name, group?.versions[0]?.version, group?.versions[0]?.freshness],
    ["apps", "v1", "Current"],
  );
  const deployments = group?.versions[0]?.resources?.find(({ resource }) => resource === "deployments");
  assert.deepEqual(deployments?.responseKind, { group: "", version: "", kind: "Deployment" });
  const custom = apiGroupDiscoveryList([groupNamed("apps")], "v2", () => false).items[0]?.versions[0]?.resources;
  const whole = { group: "apps", version: "v1", kind: "ControllerRevision" };
  assert.deepEqual(custom?.[0]?.responseKind, whole, "kinds of others are told in full");
  assert.deepEqual(
    [deployments?.scope, deployments?.singularResource, deployments?.shortNames],
    ["Namespaced", "deployment", ["deploy"]],
  );
  const verbs = ["get", "patch", "update"];
  const scale = { subresource: "scale", responseKind: { group: "autoscaling", version: "v1", kind: "Scale" }, verbs };
  const status = { subresource: "status", responseKind: { group: "", version: "", kind: "Deployment" }, verbs };
  assert.deepEqual(deployments?.subresources, [scale, status]);
  assert.equal(apiGroupDiscoveryList([groupNamed("")], "v2beta1", () => true).items[0]?.metadata.name, undefined);
});

function remoteVersion(group: string, version: string, priorities: readonly [group: number, version: number]) {
  const [groupPriorityMinimum, versionPriority] = priorities;
  const openapiV2 = () => Promise.reject(new Error("none"));
  const state = { isAvailable: false, isStale: true, openapiUrl: undefined };
  return { group, version, groupPriorityMinimum, versionPriority, ...state, openapiV2 };
}

test("a version that another server answers for is told of as its own, though this server has one of that name", () => {
  const resource = groupNamed("apps").versions[0]!.resources[0]!;
  const here = (version: string) => ({ version, resources: [{ ...resource, version }] });
  const own = [{ name: "example.com", versions: [here("v1"), here("v2")] }];
  const listed = apiGroupDiscoveryList(
    withRemoteVersions(own, [remoteVersion("example.com", "v1", [1000, 15])]),
    "v2",
    () => false,
  );
  assert.deepEqual(
    listed.items[0]!.versions.map(({ version, freshness, resources }) => [version, freshness, resources?.length]),
    [
      ["v2", "Current", 1],
      ["v1", "Stale", undefined],
    ],
  );
});

test("groups and versions of other servers come where their priorities put them", () => {
  const remote = [
    remoteVersion("last.example.com", "v1", [1, 15]),
    remoteVersion("first.example.com", "v1alpha1", [1, 15]),
    remoteVersion("first.example.com", "v1", [20_000, 15]),
    remoteVersion("first.example.com", "v2beta1", [1, 15]),
    remoteVersion("first.example.com", "v3", [1, 14]),
  ];
  const own = groups.filter(({ name }) => name !== "");
  const found = withRemoteVersions(own, remote);
  assert.deepEqual(
    [found[0]?.name, found[1]?.name, found.at(-1)?.name],
    ["apiregistration.k8s.io", "first.example.com", "last.example.com"],
  );
  assert.deepEqual(
    found.map(({ name }) => name).filter((name) => !name.endsWith("example.com")),
    own.map(({ name }) => name),
    "this server's own groups keep their order",
  );
  assert.deepEqual(
    found[1]?.versions.map(({ version }) => version),
    ["v1", "v2beta1", "v1alpha1", "v3"],
  );
});
