import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "./meta.ts";
import { pastVersions } from "./past-versions.ts";
import { loadSchema } from "./schema-data.ts";

const now = (resource: string, apiVersion: string, object: object): object => {
  const convert = pastVersions[resource]?.[apiVersion];
  assert.ok(convert, `${resource} in ${apiVersion}`);
  const { apiVersion: present, ...rest } = convert({ apiVersion, ...object } as ApiObject) as ApiObject;
  assert.equal(present, `${resource.split("/")[0]}/v1`);
  return rest;
};

test("every past version is of a resource that is stored as v1, and none is served", () => {
  const served = new Set(loadSchema().resources.map((each) => `${each.group}/${each.resource}/${each.version}`));
  for (const [resource, versions] of Object.entries(pastVersions)) {
    assert.ok(served.has(`${resource}/v1`), resource);
    for (const apiVersion of Object.keys(versions)) {
      assert.equal(served.has(`${resource}/${apiVersion.split("/")[1]}`), false, `${resource} in ${apiVersion}`);
    }
  }
});

const KEY = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";
const none = { matchExpressions: [{ key: KEY, operator: "Exists" }] };
const all = { matchExpressions: [{ key: KEY, operator: "DoesNotExist" }] };
const web = { matchLabels: { app: "web" } };
const selectors: [name: string, past: object | undefined, present: object | undefined][] = [
  ["an empty selector selected nothing", {}, none],
  ["one that says all is empty", all, {}],
  ["one without the mark stays", web, web],
  ["the mark beside others goes", { ...web, ...all }, web],
  ["none stays none", undefined, undefined],
];
for (const [name, past, present] of selectors) {
  test(`budgets of v1beta1: ${name}`, () => {
    const spec = (selector: object | undefined) => ({ minAvailable: 1, ...(selector && { selector }) });
    const converted = now("policy/poddisruptionbudgets", "policy/v1beta1", { spec: spec(past) });
    assert.deepEqual(converted, { spec: spec(present) });
  });
}

test("ingresses of v1beta1 name their services in another way", () => {
  const resource = { apiGroup: "x", kind: "Bucket", name: "b" };
  const past = {
    spec: {
      ingressClassName: "c",
      backend: { serviceName: "web", servicePort: 80 },
      rules: [
        {
          host: "a.example.com",
          http: {
            paths: [
              { path: "/", backend: { serviceName: "web", servicePort: "http" } },
              { path: "/b", pathType: "Prefix", backend: { resource } },
            ],
          },
        },
        { host: "b.example.com" },
      ],
    },
  };
  const present = {
    spec: {
      ingressClassName: "c",
      defaultBackend: { service: { name: "web", port: { number: 80 } } },
      rules: [
        {
          host: "a.example.com",
          http: {
            paths: [
              {
                path: "/",
                backend: { service: { name: "web", port: { name: "http" } } },
                pathType: "ImplementationSpecific",
              },
              { path: "/b", pathType: "Prefix", backend: { resource } },
            ],
          },
        },
        { host: "b.example.com" },
      ],
    },
  };
  for (const apiVersion of ["networking.k8s.io/v1beta1", "extensions/v1beta1"]) {
    assert.deepEqual(now("networking.k8s.io/ingresses", apiVersion, past), present, apiVersion);
  }
});

test("endpoints of v1beta1 have a map for where they are", () => {
  const past = (topology: object) => ({
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.1"], nodeName: "n", topology }],
  });
  const present = (more: object) => ({
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.1"], nodeName: "n", ...more }],
  });
  const cases: [past: Record<string, string>, present: object][] = [
    [{ "topology.kubernetes.io/zone": "z", "kubernetes.io/hostname": "n" }, { zone: "z" }],
    [{ "kubernetes.io/hostname": "other" }, { deprecatedTopology: { "kubernetes.io/hostname": "other" } }],
    [{}, {}],
  ];
  for (const [topology, more] of cases) {
    assert.deepEqual(now("discovery.k8s.io/endpointslices", "discovery.k8s.io/v1beta1", past(topology)), present(more));
  }
});

test("shares of priority levels had another name", () => {
  const level = (limited: object) => ({ spec: { type: "Limited", limited } });
  const converted = now(
    "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    level({ assuredConcurrencyShares: 5, limitResponse: { type: "Reject" } }),
  );
  assert.deepEqual(converted, level({ nominalConcurrencyShares: 5, limitResponse: { type: "Reject" } }));
});
