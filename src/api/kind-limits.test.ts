import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind } from "./kinds.ts";
import type { ApiObject } from "./meta.ts";
import type { JsonObject } from "./patch/json-value.ts";

const kindAt = (path: string) => {
  const [group = "", version = "", kind = ""] = path.split("/");
  return findKind(group === "core" ? "" : group, version, kind)!;
};
const texts = (errors: readonly { field: string; message: string }[] | undefined) =>
  (errors ?? []).map(({ field, message }) => `${field}: ${message}`);

const volumes = (volume: object) => ({
  spec: {
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    terminationGracePeriodSeconds: 30,
    volumes: [{ name: "data", ...volume }],
    containers: [{ name: "a", image: "a", imagePullPolicy: "Always", terminationMessagePolicy: "File" }],
  },
});
const policy = (ipBlock: object) => ({ spec: { podSelector: {}, ingress: [{ from: [{ ipBlock }] }] } });
const slice = (endpoint: object) => ({ addressType: "IPv4", endpoints: [endpoint] });
const key = { signerName: "example.com/a", keyType: "ED25519", maxExpirationSeconds: 86400 };

const cases: readonly [kind: string, object: object, errors: readonly string[]][] = [
  ["core/v1/Pod", volumes({ azureFile: { secretName: "a" } }), ["spec.volumes[0].azureFile.shareName: Required value"]],
  [
    "core/v1/Pod",
    volumes({ fc: {} }),
    ["spec.volumes[0].fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both"],
  ],
  [
    "core/v1/Pod",
    volumes({ iscsi: { targetPortal: "a", iqn: "other", lun: 300 } }),
    [
      'spec.volumes[0].iscsi.iqn: Invalid value: "other": must be valid format starting with iqn, eui, or naa',
      "spec.volumes[0].iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive",
    ],
  ],
  [
    "core/v1/Pod",
    volumes({ ephemeral: { volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"] } } } }),
    ["spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value"],
  ],
  [
    "core/v1/Pod",
    volumes({ projected: { sources: [{ clusterTrustBundle: { path: "ca.pem" } }] } }),
    [
      "spec.volumes[0].projected.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified",
    ],
  ],
  [
    "core/v1/Pod",
    volumes({ projected: { sources: [{ podCertificate: key }] } }),
    [
      "spec.volumes[0].projected.sources[0].podCertificate: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath",
    ],
  ],
  ["networking.k8s.io/v1/NetworkPolicy", policy({ cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] }), []],
  [
    "networking.k8s.io/v1/NetworkPolicy",
    policy({ cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] }),
    ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
  ],
  [
    "storage.k8s.io/v1/StorageClass",
    {
      provisioner: "example.com/disk",
      reclaimPolicy: "Delete",
      volumeBindingMode: "Immediate",
      allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["a", "a"] }] }],
    },
    ['allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"'],
  ],
  [
    "discovery.k8s.io/v1/EndpointSlice",
    slice({ addresses: ["169.254.0.1"] }),
    [
      'endpoints[0].addresses[0]: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
  ],
  [
    "discovery.k8s.io/v1/EndpointSlice",
    slice({ addresses: ["10.0.0.1"], hints: { forZones: [{ name: "a" }, { name: "a" }] } }),
    ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
  ],
  [
    "scheduling.k8s.io/v1alpha2/PodGroup",
    { spec: { schedulingPolicy: {} } },
    ['spec.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`'],
  ],
  [
    "scheduling.k8s.io/v1alpha2/Workload",
    { spec: {} },
    ["spec.podGroupTemplates: Required value: must have at least one item"],
  ],
  [
    "resource.k8s.io/v1beta2/DeviceTaintRule",
    { spec: { taint: { key: "a", effect: "Gone" } } },
    ['spec.taint.effect: Unsupported value: "Gone": supported values: "NoExecute", "NoSchedule", "None"'],
  ],
  [
    "storagemigration.k8s.io/v1beta1/StorageVersionMigration",
    { spec: { resource: {} } },
    ["spec.resource.resource: Required value: resource is required to be set"],
  ],
  [
    "core/v1/PersistentVolumeClaim",
    {
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
        dataSource: { kind: "Disk", name: "a" },
      },
    },
    ["spec.dataSource: Invalid value: \"Disk\": must be 'PersistentVolumeClaim' when referencing the default apiGroup"],
  ],
];

cases.forEach(([path, object, expected], index) => {
  test(`${path.split("/").at(-1)}: what is wrong with it (${index})`, () => {
    const { validate, validateCreate } = kindAt(path);
    const errors = [...(validate?.(object as ApiObject) ?? []), ...(validateCreate?.(object as ApiObject) ?? [])];
    assert.deepEqual(texts(errors), expected);
  });
});

test("a volume's claim that says nothing gets no defaults, and is refused", () => {
  const pod = volumes({ ephemeral: { volumeClaimTemplate: {} } }) as ApiObject;
  const { setDefaults, validate } = kindAt("core/v1/Pod");
  setDefaults?.(pod);
  assert.match(texts(validate?.(pod)).join(), /volumeClaimTemplate\.spec\.accessModes: Required value/);
});

test("of an account's secrets only the names stay", () => {
  const account = { secrets: [{ name: "a", namespace: "other", kind: "Secret" }] } as JsonObject;
  kindAt("core/v1/ServiceAccount").prepareForCreate?.(account as ApiObject);
  assert.deepEqual(account.secrets, [{ name: "a" }]);
});

test("a node's drivers change in what they can hold only", () => {
  const node = (allocatable: object, nodeID = "1") => ({
    spec: { drivers: [{ name: "disk.example.com", nodeID, allocatable }] },
  });
  const check = kindAt("storage.k8s.io/v1/CSINode").validateUpdate!;
  const old = node({ count: 1 }) as ApiObject;
  assert.deepEqual(check(node({ count: 2 }) as ApiObject, old), []);
  assert.equal(check(node({ count: 1 }, "2") as ApiObject, old).length, 1);
});

const selectable: readonly [string, readonly string[]][] = [
  ["core/v1/Pod", ["spec.host", "spec.nodeName", "status.podIP", "status.podIPs", "status.nominatedNodeName"]],
  ["core/v1/Event", ["involvedObject.uid", "reason", "reportingComponent", "source", "type"]],
  ["core/v1/Namespace", ["name", "status.phase"]],
  ["core/v1/Node", ["spec.unschedulable"]],
  ["core/v1/ReplicationController", ["status.replicas"]],
  ["core/v1/Secret", ["type"]],
  ["core/v1/Service", ["spec.clusterIP", "spec.type"]],
  ["batch/v1/Job", ["status.successful"]],
  ["batch/v1/CronJob", ["status.successful"]],
  ["certificates.k8s.io/v1/CertificateSigningRequest", ["spec.signerName"]],
  ["certificates.k8s.io/v1beta1/ClusterTrustBundle", ["spec.signerName"]],
  ["certificates.k8s.io/v1beta1/PodCertificateRequest", ["spec.nodeName"]],
  ["events.k8s.io/v1/Event", ["regarding.uid", "reason", "reportingController", "type"]],
  ["resource.k8s.io/v1/ResourceSlice", ["spec.driver", "spec.nodeName"]],
  ["networking.k8s.io/v1/IPAddress", ["spec.parentRef.name"]],
];

for (const [path, fields] of selectable) {
  test(`${path} is selected by its fields`, () => {
    const known = Object.keys(kindAt(path).selectableFields ?? {});
    assert.deepEqual(
      fields.filter((field) => !known.includes(field)),
      [],
    );
  });
}
