import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind, kindDefinitions } from "./kinds.ts";
import type { AnyObject } from "./meta.ts";
import type { JsonObject } from "./patch/json-value.ts";
import { loadSchema } from "./schema-data.ts";
import { normalizeObject } from "./unknown-fields.ts";

const schema = loadSchema();
const template = (spec: JsonObject = {}) => ({
  metadata: { labels: { a: "b" } },
  spec: { containers: [{ name: "c", image: "x" }], ...spec },
});
const selector = { matchLabels: { a: "b" } };
const webhook = (more: JsonObject = {}) => ({
  webhooks: [
    {
      name: "a.example.com",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      clientConfig: { service: { name: "s", namespace: "n", path: "/x" } },
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      ...more,
    },
  ],
});
const definition = (more: JsonObject = {}, name = "foos.example.com") => ({
  metadata: { name },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "foos", kind: "Foo" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    ...more,
  },
});

/** Group, version, kind; the object without metadata that does not matter; what is wrong, nothing when it is empty. */
const rows: readonly [string, JsonObject, string][] = [
  ["apps/v1/StatefulSet", { spec: { selector, serviceName: "s", template: template() } }, ""],
  [
    "apps/v1/StatefulSet",
    { spec: { selector, podManagementPolicy: "Some", template: template() } },
    "spec.podManagementPolicy: Invalid value: \"Some\": must be 'OrderedReady' or 'Parallel'",
  ],
  ["apps/v1/StatefulSet", { spec: { template: template() } }, "spec.selector: Required value"],
  ["apps/v1/DaemonSet", { spec: { selector, template: template() } }, ""],
  [
    "apps/v1/DaemonSet",
    { spec: { selector, template: template(), updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } } },
    "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
  ],
  ["apps/v1/ControllerRevision", { revision: 1 }, "data: Required value: data is mandatory"],
  ["batch/v1/Job", { spec: { template: template({ restartPolicy: "Never" }) } }, ""],
  [
    "batch/v1/Job",
    { spec: { template: template() } },
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [
    "batch/v1/Job",
    { spec: { completionMode: "Indexed", parallelism: 1, template: template({ restartPolicy: "Never" }) } },
    "spec.completions: Required value: when completion mode is Indexed",
  ],
  [
    "batch/v1/Job",
    {
      spec: {
        template: template({ restartPolicy: "OnFailure" }),
        podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [0] } }] },
      },
    },
    "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
  ],
  [
    "batch/v1/CronJob",
    {
      spec: {
        schedule: "*/5 1-3,7 * jan mon",
        jobTemplate: { spec: { template: template({ restartPolicy: "Never" }) } },
      },
    },
    "",
  ],
  [
    "batch/v1/CronJob",
    { spec: { schedule: "61 * * * *", jobTemplate: { spec: { template: template({ restartPolicy: "Never" }) } } } },
    "end of range (61) above maximum (59): 61",
  ],
  [
    "batch/v1/CronJob",
    {
      spec: {
        schedule: "@daily",
        timeZone: "Mars/Base",
        jobTemplate: { spec: { template: template({ restartPolicy: "Never" }) } },
      },
    },
    "unknown time zone Mars/Base",
  ],
  ["/v1/ReplicationController", { spec: { template: template() } }, ""],
  [
    "/v1/ReplicationController",
    { spec: { selector: { x: "y" }, template: template() } },
    "`selector` does not match template `labels`",
  ],
  [
    "/v1/PersistentVolume",
    { spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } } },
    "",
  ],
  [
    "/v1/PersistentVolume",
    { spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] } },
    "spec: Required value: must specify a volume type",
  ],
  [
    "/v1/PersistentVolumeClaim",
    { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
    "",
  ],
  [
    "/v1/PersistentVolumeClaim",
    { spec: { accessModes: ["ReadWrite"], resources: { requests: { storage: "0" } } } },
    'spec.resources[storage]: Invalid value: "0": must be greater than zero',
  ],
  [
    "/v1/LimitRange",
    { spec: { limits: [{ type: "Container", max: { cpu: "1" }, default: { cpu: "2" } }] } },
    "default value 2 is greater than max value 1",
  ],
  ["/v1/LimitRange", { spec: { limits: [{ type: "Container", max: { cpu: "2" }, min: { cpu: "1" } }] } }, ""],
  ["/v1/ResourceQuota", { spec: { hard: { pods: "1", "count/deployments.apps": "2", "requests.cpu": "1" } } }, ""],
  [
    "/v1/ResourceQuota",
    { spec: { hard: { pods: "1.5" } } },
    'spec.hard[pods]: Invalid value: "1500m": must be an integer',
  ],
  ["/v1/ResourceQuota", { spec: { scopes: ["BestEffort", "NotBestEffort"] } }, "conflicting scopes"],
  ["/v1/Endpoints", { subsets: [{ addresses: [{ ip: "127.0.0.1" }] }] }, "may not be in the loopback range"],
  ["/v1/Endpoints", { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] }, ""],
  [
    "/v1/Event",
    { metadata: { namespace: "a" }, involvedObject: { namespace: "b" } },
    'involvedObject.namespace: Invalid value: "b": does not match event.namespace',
  ],
  [
    "discovery.k8s.io/v1/EndpointSlice",
    { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] },
    "",
  ],
  [
    "discovery.k8s.io/v1/EndpointSlice",
    { addressType: "IPv4", endpoints: [{ addresses: ["::1"] }] },
    "must be an IPv4 address",
  ],
  ["networking.k8s.io/v1/Ingress", { spec: {} }, "either `defaultBackend` or `rules` must be specified"],
  [
    "networking.k8s.io/v1/Ingress",
    {
      spec: {
        rules: [
          {
            host: "*.a.b",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
    "",
  ],
  [
    "networking.k8s.io/v1/NetworkPolicy",
    { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/33" } }] }] } },
    "must be a valid CIDR value",
  ],
  [
    "networking.k8s.io/v1/NetworkPolicy",
    { spec: { podSelector: {}, egress: [{ ports: [{ port: 80, endPort: 79 }] }] } },
    "must be greater than or equal to `port`",
  ],
  [
    "networking.k8s.io/v1/IngressClass",
    { spec: { controller: "x", parameters: { kind: "K", name: "n", scope: "Namespace" } } },
    "`parameters.scope` is set to 'Namespace'",
  ],
  [
    "policy/v1/PodDisruptionBudget",
    { spec: { minAvailable: 1, maxUnavailable: 1 } },
    "minAvailable and maxUnavailable cannot be both set",
  ],
  ["policy/v1/PodDisruptionBudget", { spec: { minAvailable: "150%" } }, "must not be greater than 100%"],
  [
    "autoscaling/v2/HorizontalPodAutoscaler",
    { spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "d" } } },
    "",
  ],
  [
    "autoscaling/v2/HorizontalPodAutoscaler",
    { spec: { minReplicas: 4, maxReplicas: 3, scaleTargetRef: { kind: "D", name: "d" } } },
    "must be greater than or equal to `minReplicas`",
  ],
  [
    "rbac.authorization.k8s.io/v1/Role",
    { rules: [{ verbs: ["get"], nonResourceURLs: ["/x"] }] },
    "namespaced rules cannot apply to non-resource URLs",
  ],
  ["rbac.authorization.k8s.io/v1/ClusterRole", { rules: [{ verbs: ["get"], nonResourceURLs: ["/x"] }] }, ""],
  [
    "rbac.authorization.k8s.io/v1/RoleBinding",
    { roleRef: { kind: "Role", name: "r" }, subjects: [{ kind: "User", name: "u" }] },
    "",
  ],
  [
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
    { roleRef: { kind: "Role", name: "r" } },
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ],
  [
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding",
    { roleRef: { kind: "ClusterRole", name: "r" }, subjects: [{ kind: "ServiceAccount", name: "s" }] },
    "subjects[0].namespace: Required value",
  ],
  ["storage.k8s.io/v1/StorageClass", { provisioner: "example.com/x" }, ""],
  ["storage.k8s.io/v1/StorageClass", {}, "provisioner: Required value"],
  ["storage.k8s.io/v1/CSIDriver", { spec: {} }, ""],
  [
    "scheduling.k8s.io/v1/PriorityClass",
    { value: 2_000_000_000 },
    "maximum allowed value of a user defined priority is 1000000000",
  ],
  ["scheduling.k8s.io/v1/PriorityClass", { metadata: { name: "system-node-critical" }, value: 2_000_001_000 }, ""],
  [
    "coordination.k8s.io/v1/Lease",
    { spec: { leaseDurationSeconds: 0 } },
    "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
  ],
  ["node.k8s.io/v1/RuntimeClass", { handler: "Run C" }, 'handler: Invalid value: "Run C"'],
  [
    "certificates.k8s.io/v1/CertificateSigningRequest",
    { spec: { request: "bm9uZQ==", signerName: "a.b/c", usages: ["client auth"] } },
    "PEM block type must be CERTIFICATE REQUEST",
  ],
  ["admissionregistration.k8s.io/v1/MutatingWebhookConfiguration", webhook(), ""],
  [
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    webhook({ sideEffects: "Some" }),
    'webhooks[0].sideEffects: Unsupported value: "Some"',
  ],
  [
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    webhook({ name: "short" }),
    "should be a domain with at least three segments separated by dots",
  ],
  [
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    webhook({ clientConfig: { url: "http://x/" } }),
    "'https' is the only allowed URL scheme",
  ],
  [
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding",
    { spec: { policyName: "p", validationActions: ["Deny", "Warn"] } },
    "must not contain both Deny and Warn",
  ],
  ["apiextensions.k8s.io/v1/CustomResourceDefinition", definition(), ""],
  [
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    definition({}, "wrong"),
    'must be spec.names.plural+"."+spec.group',
  ],
  [
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    definition({ versions: [] }),
    "must have exactly one version marked as storage version",
  ],
  [
    "apiregistration.k8s.io/v1/APIService",
    {
      metadata: { name: "v1.x.io" },
      spec: { group: "x.io", version: "v1", groupPriorityMinimum: 1, versionPriority: 1 },
    },
    "",
  ],
  [
    "flowcontrol.apiserver.k8s.io/v1/FlowSchema",
    { spec: { priorityLevelConfiguration: { name: "p" }, matchingPrecedence: 1 } },
    "only the schema named 'exempt' may have matchingPrecedence 1",
  ],
  [
    "flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration",
    { spec: { type: "Limited" } },
    "must not be empty when type is Limited",
  ],
];

for (const [name, fields, expected] of rows) {
  test(`${name} ${expected === "" ? "is valid" : `refused: ${expected}`}`, () => {
    const [group, version, kind] = name.split("/") as [string, string, string];
    const found = schema.resources.find(
      (each) => each.group === group && each.version === version && each.kind === kind,
    );
    const rules = findKind(group, version, kind);
    assert.ok(found !== undefined && rules !== undefined, `${name} is not known`);
    const sent = {
      ...fields,
      metadata: { name: "a", namespace: "default", uid: "1", ...(fields.metadata as JsonObject) },
    };
    const { object, unknownFields } = normalizeObject(sent, schema, found.definition);
    assert.deepEqual(unknownFields, []);
    const draft = object as AnyObject;
    rules.setDefaults?.(draft);
    rules.prepareForCreate?.(draft);
    const errors = [...(rules.validate?.(draft) ?? []), ...(rules.validateCreate?.(draft) ?? [])].map(
      (error) => `${error.field}: ${error.message}`,
    );
    if (expected === "") assert.deepEqual(errors, []);
    else
      assert.ok(
        errors.some((error) => error.includes(expected)),
        `expected ${expected}\ngot ${errors.join("\n")}`,
      );
  });
}

test("every definition is of a kind that the schema serves", () => {
  const served = new Set(
    schema.resources
      .flatMap((resource) => [resource, ...(resource.subresources ?? [])])
      .map(({ group, version, kind }) => `${group}/${version}/${kind}`),
  );
  const strangers = kindDefinitions
    .map(({ group, version, kind }) => `${group}/${version}/${kind}`)
    .filter((name) => !served.has(name));
  assert.deepEqual(strangers, []);
});

test("kinds without a definition are those that are never stored, or show nothing but name and age", () => {
  const plain = schema.resources
    .filter(({ group, version, kind }) => findKind(group, version, kind) === undefined)
    .map(({ kind }) => kind);
  const known = [
    "Binding",
    "DeviceClass",
    "LocalSubjectAccessReview",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "ResourceSlice",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
    "TokenReview",
  ];
  assert.deepEqual([...new Set(plain)].sort(), known);
});
