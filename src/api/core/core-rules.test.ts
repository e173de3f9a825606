import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { created, testChange, testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { configMapKind } from "./config-map.ts";
import { endpointsKind } from "./endpoints.ts";
import { limitRangeKind } from "./limit-range.ts";
import { namespaceKind, validateNamespaceFinalizers } from "./namespace.ts";
import { nodeKind } from "./node.ts";
import { resourceQuotaKind } from "./resource-quota.ts";
import { secretKind } from "./secret.ts";
import { serviceAccountKind } from "./service-account.ts";

describe("endpoints", () => {
  const subset = (address: object, port: object = { port: 80 }) => ({
    subsets: [{ addresses: [address], ports: [port] }],
  });
  testNew(endpointsKind, [
    ["good ones", subset({ ip: "10.0.0.1", nodeName: "a" })],
    [
      "no address at all",
      { subsets: [{ ports: [{ port: 80 }] }] },
      "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
    ],
    [
      "no address, and no name",
      subset({ ip: "a", hostname: "A", nodeName: "" }),
      'subsets[0].addresses[0].ip: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      "subsets[0].addresses[0].hostname: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      "subsets[0].addresses[0].nodeName: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      'subsets[0].addresses[0].ip: Invalid value: "a": must be a valid IP address',
    ],
    [
      "nowhere",
      subset({ ip: "0.0.0.0" }),
      'subsets[0].addresses[0].ip: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
    ],
  ]);
  const wrong = subset({ ip: "010.0.0.1" });
  testChange(endpointsKind, [
    ["what older servers took stays", wrong, wrong],
    [
      "not when it changes",
      wrong,
      subset({ ip: "10.0.0.1" }),
      'subsets[0].addresses[0].ip: Invalid value: "010.0.0.1": must not have leading 0s',
    ],
  ]);
  test("addresses that could be written better", () => {
    const object = created(endpointsKind, subset({ ip: "FD00::1" }));
    assert.deepEqual(endpointsKind.warnings!(object), [
      'subsets[0].addresses[0].ip: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")',
    ]);
  });
});

describe("namespaces", () => {
  testNew(namespaceKind, [
    ["a plain one", {}],
    [
      "finalizers",
      { spec: { finalizers: ["mine", "a/b", "kubernetes"] } },
      'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
  ]);
  test("phases go with deletion", () => {
    const of = (phase: string, deletionTimestamp?: string) => ({
      metadata: deletionTimestamp === undefined ? {} : { deletionTimestamp },
      status: { phase },
    });
    assert.deepEqual(wrongWithStatus(namespaceKind, of("Active")), []);
    assert.deepEqual(wrongWithStatus(namespaceKind, of("Terminating")), [
      "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty",
    ]);
    assert.deepEqual(wrongWithStatus(namespaceKind, of("Active", "2026-01-01T00:00:00Z")), [
      "status.Phase: Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty",
    ]);
  });
  test("finalizing", () => {
    const errors = validateNamespaceFinalizers({ spec: { finalizers: ["kubernetes", "mine"] } });
    assert.deepEqual(
      errors.map(({ field }) => field),
      ["spec.finalizers[1]"],
    );
  });
});

describe("nodes", () => {
  const taint = { key: "a", value: "b", effect: "NoSchedule" };
  testNew(nodeKind, [
    ["a plain one", { spec: { taints: [taint, { ...taint, effect: "NoExecute" }], podCIDR: "10.0.0.0/24" } }],
    [
      "taints",
      { spec: { taints: [taint, taint, { key: "a", effect: "Never" }] } },
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"b","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
      'metadata.taints[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
    [
      "annotations of old",
      {
        metadata: {
          annotations: {
            "scheduler.alpha.kubernetes.io/taints": '[{"key":"a"}]',
            "scheduler.alpha.kubernetes.io/preferAvoidPods":
              '{"preferAvoidPods":[{"podSignature":{"podController":{"controller":true}}},{"podSignature":{}},{"podSignature":{"podController":{"controller":false}}}]}',
          },
        },
      },
      "metadata.annotations.scheduler.alpha.kubernetes.io/taints[0].effect: Required value",
      "metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[1].PodSignature: Required value",
      "metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[2].PodSignature.PodController.Controller: Invalid value: false: must point to a controller",
    ],
    [
      "amounts",
      { status: { capacity: { cpu: "-1", pods: "1.5" } } },
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.capacity.pods: Invalid value: "1500m": must be an integer',
      'status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.allocatable.pods: Invalid value: "1500m": must be an integer',
    ],
    [
      "what the kubelet says of itself",
      { status: { nodeInfo: { swap: { capacity: 0 } }, declaredFeatures: ["B", "A", "A", "a/b"] } },
      "metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero",
      'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
      'status.declaredFeatures[2]: Duplicate value: "A"',
      'status.declaredFeatures[3]: Invalid value: "a/b": invalid feature name "a/b": must start with an UpperCamelCase segment, with subsequent segments separated by \'/\' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes',
    ],
    [
      "ranges",
      { spec: { podCIDRs: ["10.0.0.0/24", "10.0.0.1/24"] } },
      'spec.podCIDRs[1]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length',
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.0.1/24"]: may specify no more than one CIDR for each IP family',
    ],
  ]);
  const before = { spec: { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"], providerID: "a" } };
  testChange(nodeKind, [
    ["nothing", before, before],
    [
      "the first range",
      { spec: { podCIDR: "a" } },
      { spec: {} },
      'spec.podCIDRs[0]: Invalid value: "a": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      "what is set once",
      { spec: { podCIDR: "10.0.1.0/24", providerID: "b", externalID: "c" } },
      before,
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
      "spec.externalID: Forbidden: may not be updated",
    ],
  ]);
  test("a source of configuration is dropped, and the first range has two names", () => {
    const node = created(nodeKind, {
      spec: { configSource: {}, podCIDR: "10.0.0.0/24" },
      status: { config: { assigned: {} }, declaredFeatures: ["A"] },
    });
    assert.deepEqual(node.spec, { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"] });
    assert.deepEqual(node.status, { declaredFeatures: ["A"] });
  });
});

describe("quotas", () => {
  testNew(resourceQuotaKind, [
    ["good ones", { spec: { hard: { pods: "1", "requests.hugepages-2Mi": "2Mi", "count/pods": "1" } } }],
    [
      "what no quota counts",
      { spec: { hard: { storage: "1", nothing: "1", "services.nodeports": "1.5" } } },
      'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
      'spec.hard[nothing]: Invalid value: "nothing": must be a standard resource type or fully qualified',
      'spec.hard[nothing]: Invalid value: "nothing": must be a standard resource for quota',
      'spec.hard[services.nodeports]: Invalid value: "1500m": must be an integer',
    ],
    [
      "scopes",
      { spec: { hard: { cpu: "1" }, scopes: ["BestEffort", "NotBestEffort", "Odd"] } },
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: unsupported scope',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Odd"]: conflicting scopes',
    ],
    [
      "selectors",
      {
        spec: {
          scopeSelector: {
            matchExpressions: [
              { scopeName: "Terminating", operator: "In", values: ["a"] },
              { scopeName: "PriorityClass", operator: "In" },
              { scopeName: "PriorityClass", operator: "Exists", values: ["a"] },
              { scopeName: "PriorityClass", operator: "Is" },
            ],
          },
        },
      },
      "spec.scopeSelector.matchExpressions.operator: Invalid value: \"In\": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      "spec.scopeSelector.matchExpressions.values: Invalid value: [\"a\"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      'spec.scopeSelector.matchExpressions.operator: Invalid value: "Is": not a valid selector operator',
    ],
  ]);
  testChange(resourceQuotaKind, [
    [
      "scopes in another order",
      { spec: { scopes: ["BestEffort", "PriorityClass"] } },
      { spec: { scopes: ["PriorityClass", "BestEffort"] } },
    ],
    [
      "other scopes",
      { spec: { scopes: ["BestEffort"] } },
      { spec: {} },
      'spec.scopes: Invalid value: ["BestEffort"]: field is immutable',
    ],
  ]);
  test("who may ask for more than may be used is told", () => {
    const quota = (hard: Record<string, string>) => ({ spec: { hard } }) as object;
    const odd = quota({ "requests.cpu": "2", "limits.cpu": "1500m", memory: "3Gi", "limits.memory": "2Gi" });
    assert.deepEqual(resourceQuotaKind.warnings!(odd), [
      "ResourceQuota requests.cpu (2) should be less than limits.cpu (1500m)",
      "ResourceQuota memory (3Gi) should be less than limits.memory (2Gi)",
    ]);
    assert.deepEqual(resourceQuotaKind.warnings!(odd, odd), []);
    assert.deepEqual(resourceQuotaKind.warnings!(quota({ cpu: "1", "limits.cpu": "1", storage: "9" })), []);
  });
});

describe("limit ranges", () => {
  const of = (...limits: object[]) => ({ spec: { limits } });
  testNew(limitRangeKind, [
    [
      "what every JavaScript object has",
      of({ type: "a.b/c", min: { constructor: "1" }, maxLimitRequestRatio: { "a.b/c": "2" } }),
      'spec.limits[0].min[constructor]: Invalid value: "constructor": must be a standard resource type or fully qualified',
    ],
    ["good ones", of({ type: "Container", max: { cpu: "2" }, min: { cpu: "1" }, maxLimitRequestRatio: { cpu: "2" } })],
    [
      "types",
      of({ type: "Pod", max: { cpu: "1" } }, { type: "Pod" }, { type: "Thing" }),
      'spec.limits[1].type: Duplicate value: "Pod"',
      'spec.limits[2].type: Invalid value: "Thing": must be a standard limit type or fully qualified',
    ],
    [
      "pods have no defaults, claims a size",
      of({ type: "Pod", default: { cpu: "1" } }, { type: "PersistentVolumeClaim" }),
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
      "spec.limits[1].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
    ],
    [
      "names",
      of({ type: "Container", max: { storage: "1" } }),
      'spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[0].default[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[0].defaultRequest[storage]: Invalid value: "storage": must be a standard resource for containers',
    ],
    [
      "order",
      of({
        type: "Container",
        max: { cpu: "1" },
        min: { cpu: "2" },
        default: { cpu: "3" },
        defaultRequest: { cpu: "4" },
      }),
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than default limit value 3',
      'spec.limits[0].default[cpu]: Invalid value: "1": default value 3 is greater than max value 1',
    ],
    [
      "ratios",
      of({
        type: "Pod",
        max: { cpu: "2", memory: "1" },
        min: { cpu: "1" },
        maxLimitRequestRatio: { cpu: "3", memory: "500m" },
      }),
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
      'spec.limits[0].maxLimitRequestRatio[memory]: Invalid value: "500m": ratio 500m is less than 1',
    ],
    [
      "what cannot be shared",
      of({ type: "Container", default: { "example.com/gpu": "2" }, defaultRequest: { "example.com/gpu": "1" } }),
      'spec.limits[0].defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/gpu',
    ],
  ]);
  test("a range that nobody names", () => {
    assert.equal(created(limitRangeKind, { metadata: { name: "" } }).metadata?.name, "1");
  });
});

describe("secrets and config maps", () => {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const docker = (text: string) => ({ type: "kubernetes.io/dockercfg", data: { ".dockercfg": base64(text) } });
  const redacted = 'data[.dockercfg]: Invalid value: "<secret contents redacted>": ';
  testNew(secretKind, [
    ["docker", docker("{}")],
    ["docker: nothing", docker(""), `${redacted}unexpected end of JSON input`],
    ["docker: no JSON", docker("x"), `${redacted}invalid character 'x' looking for beginning of value`],
    [
      "docker: a list",
      docker("[]"),
      `${redacted}json: cannot unmarshal array into Go value of type map[string]interface {}`,
    ],
    ["ssh", { type: "kubernetes.io/ssh-auth", data: { "ssh-privatekey": "" } }, "data[ssh-privatekey]: Required value"],
    ["basic", { type: "kubernetes.io/basic-auth" }, "data[username]: Required value", "data[password]: Required value"],
  ]);
  testChange(configMapKind, [
    [
      "what is sealed",
      { data: { a: "2" }, immutable: false },
      { data: { a: "1" }, immutable: true },
      "immutable: Forbidden: field is immutable when `immutable` is set",
      "data: Forbidden: field is immutable when `immutable` is set",
    ],
  ]);
  test("a certificate and its key", () => {
    const told = (certificate: string, key: string) =>
      secretKind.warnings!({
        type: "kubernetes.io/tls",
        data: { "tls.crt": base64(certificate), "tls.key": base64(key) },
      } as never);
    const [pem, key] = ["-----BEGIN CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\n"];
    assert.deepEqual(told("", ""), ["tls: failed to find any PEM data in certificate input"]);
    assert.deepEqual(told(pem, ""), ["tls: failed to find any PEM data in key input"]);
    assert.deepEqual(told(pem, pem), ["tls: found a certificate rather than a key in the PEM for the private key"]);
    assert.match(told(key, key)[0]!, /PEM inputs may have been switched/);
    assert.deepEqual(secretKind.warnings!({ type: "Opaque" } as never), []);
  });
});

test("accounts that may use some secrets only are told", () => {
  const account = { metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } } };
  assert.equal(serviceAccountKind.warnings!(account).length, 1);
  assert.deepEqual(serviceAccountKind.warnings!(account, account), []);
});
