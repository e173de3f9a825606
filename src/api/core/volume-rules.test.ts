import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolumeClaimSpec, PersistentVolumeSpec } from "../generated/core/v1.ts";
import { created, testChange, testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { persistentVolumeKind } from "./persistent-volume.ts";
import { persistentVolumeClaimKind } from "./persistent-volume-claim.ts";

const volume = (spec: PersistentVolumeSpec) => ({
  spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...spec },
});
const hostPath = { path: "/data" };
const csi = { driver: "disk.example.com", volumeHandle: "1" };
const zone = (key: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: "In", values: ["a"] }] }] },
});

testNew(persistentVolumeKind, [
  ["on a host", volume({ hostPath })],
  [
    "nothing",
    { spec: {} },
    "spec.accessModes: Required value",
    "spec.capacity: Required value",
    'spec.capacity: Unsupported value: null: supported values: "storage"',
    "spec: Required value: must specify a volume type",
  ],
  [
    "modes",
    volume({ hostPath, accessModes: ["ReadWriteOncePod", "ReadWriteOnce", "Read"] }),
    'spec.accessModes: Unsupported value: "Read": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
    "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
  ],
  [
    "no size",
    volume({ hostPath, capacity: { storage: "0" } }),
    'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
  ],
  [
    "options of mounting that nobody looks at",
    { ...volume({ hostPath }), metadata: { annotations: { "volume.beta.kubernetes.io/mount-options": "ro" } } },
    "metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this volume type",
  ],
  [
    "options of mounting",
    {
      ...volume({ nfs: { server: "a", path: "/b" } }),
      metadata: { annotations: { "volume.beta.kubernetes.io/mount-options": "ro" } },
    },
  ],
  ["two sources", volume({ csi, hostPath }), "spec.csi: Forbidden: may not specify more than 1 volume type"],
  [
    "a disk of a network",
    volume({
      iscsi: {
        targetPortal: `${"p".repeat(64)}:1`,
        iqn: "iqn.2026-01.example:a",
        lun: 256,
        initiatorName: "iqn.2026-01.example:b",
      },
    }),
    "spec.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive",
    `spec.iscsi.targetportal: Invalid value: "${"p".repeat(64)}:1": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.`,
  ],
  [
    "an initiator of no known form",
    volume({
      iscsi: { targetPortal: "a:1", iqn: "iqn.2026-01.example:a", lun: 0, initiatorName: "2026-01.example:b" },
    }),
    'spec.iscsi.initiatorname: Invalid value: "2026-01.example:b": must be valid format starting with iqn, eui, or naa',
  ],
  [
    "a fibre channel without an end",
    volume({ fc: {} }),
    "spec.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both",
  ],
  [
    "a disk of a cloud",
    volume({ azureDisk: { diskName: "", diskURI: "https://example.com/a.vhd", kind: "Odd" } }),
    "spec.azureDisk.diskName: Required value",
    'spec.azureDisk.kind: Unsupported value: "Odd": supported values: "Dedicated", "Managed", "Shared"',
  ],
  [
    "options that are the project's",
    volume({
      flexVolume: { driver: "a/b", options: { "K8S.io": "a", "x.kubernetes.io/b": "c", "k8s.example.com/d": "e" } },
    }),
    'spec.flexVolume.options[K8S.io]: Invalid value: "K8S.io": kubernetes.io and k8s.io namespaces are reserved',
    'spec.flexVolume.options[x.kubernetes.io/b]: Invalid value: "x.kubernetes.io/b": kubernetes.io and k8s.io namespaces are reserved',
  ],
  [
    "a path up, of no type",
    volume({ hostPath: { path: "/a/../b", type: "Odd" } }),
    "spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
    'spec.hostPath.type: Unsupported value: "Odd": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
  ],
  ["no path at all", volume({ hostPath: {} as typeof hostPath }), "spec.hostPath.path: Required value"],
  [
    "a driver",
    volume({ csi: { driver: "", volumeHandle: "", nodePublishSecretRef: { name: "a" } } }),
    "spec.csi.driver: Required value",
    "spec.csi.volumeHandle: Required value",
    "spec.csi.nodePublishSecretRef.namespace: Required value",
  ],
  [
    "a relative share",
    volume({ nfs: { server: "a", path: "b" } }),
    'spec.nfs.path: Invalid value: "b": must be an absolute path',
  ],
  [
    "local without nodes",
    volume({ local: { path: "/a" } }),
    "spec.nodeAffinity: Required value: Local volume requires node affinity",
  ],
  [
    "attributes without a driver",
    volume({ hostPath, volumeAttributesClassName: "fast" }),
    "spec.csi: Required value: has to be specified when using volumeAttributesClassName",
  ],
]);

testChange(persistentVolumeKind, [
  [
    "a secret for growing",
    volume({ csi: { ...csi, controllerExpandSecretRef: { name: "a", namespace: "b" } } }),
    volume({ csi }),
  ],
  [
    "another handle",
    volume({ csi: { ...csi, volumeHandle: "2" } }),
    volume({ csi }),
    "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
  ],
  [
    "how it is used",
    volume({ hostPath, volumeMode: "Block" }),
    volume({ hostPath }),
    'volumeMode: Invalid value: "Block": field is immutable',
  ],
  [
    "labels get their names of today",
    volume({ hostPath, nodeAffinity: zone("topology.kubernetes.io/zone") }),
    volume({ hostPath, nodeAffinity: zone("failure-domain.beta.kubernetes.io/zone") }),
  ],
  [
    "other nodes",
    volume({ hostPath, nodeAffinity: zone("rack") }),
    volume({ hostPath, nodeAffinity: zone("zone") }),
    `nodeAffinity: Invalid value: ${JSON.stringify(zone("rack"))}: field is immutable, except for updating from beta label to GA`,
  ],
]);

const claim = (spec: Partial<PersistentVolumeClaimSpec>, more: object = {}) => ({
  ...more,
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } }, ...spec },
});
const sized = (storage: string) => ({ resources: { requests: { storage } } });
const bound = { status: { phase: "Bound", capacity: { storage: "1Gi" } } };
const FIXED =
  "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

testNew(persistentVolumeClaimKind, [
  ["a plain one", claim({})],
  ["nothing asked", claim({ resources: {} }), "spec.resources[storage]: Required value"],
  ["no size", claim(sized("-1")), 'spec.resources[storage]: Invalid value: "-1": must be greater than zero'],
  ["an unknown source is nothing", claim({ dataSource: { kind: "Disk", name: "a", apiGroup: "b" } })],
  [
    "sources that do not agree",
    claim({
      dataSource: { kind: "PersistentVolumeClaim", name: "a" },
      dataSourceRef: { kind: "PersistentVolumeClaim", name: "b" },
    }),
    'spec: Invalid value: "spec.dataSource": must match dataSourceRef',
  ],
]);

testChange(persistentVolumeClaimKind, [
  ["it is bound", claim({ volumeName: "a" }), claim({})],
  ["it grows when bound", claim(sized("3Gi"), bound), claim({}, bound)],
  ["not before", claim(sized("3Gi")), claim({}), FIXED],
  ["it shrinks to more than there is", claim(sized("1500Mi"), bound), claim({}, bound)],
  [
    "not to less",
    claim(sized("1Gi"), bound),
    claim({}, bound),
    "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
  ],
  ["a class where there was none", claim({ storageClassName: "a" }), claim({})],
  ["another class", claim({ storageClassName: "b" }), claim({ storageClassName: "a" }), FIXED],
  [
    "its attributes, when bound",
    claim({ volumeAttributesClassName: "b" }, bound),
    claim({ volumeAttributesClassName: "a" }, bound),
  ],
  [
    "but not to none",
    claim({}, bound),
    claim({ volumeAttributesClassName: "a" }, bound),
    FIXED,
    "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden",
  ],
  [
    "an annotation",
    claim({}, { metadata: { annotations: { "volume.beta.kubernetes.io/storage-class": "b" } } }),
    claim({}, { metadata: { annotations: { "volume.beta.kubernetes.io/storage-class": "a" } } }),
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: Invalid value: "b": field is immutable',
  ],
]);

const ofClaim = { kind: "PersistentVolumeClaim", name: "a" };
testChange(persistentVolumeClaimKind, [
  [
    "a source that is named once only, as older clients do",
    claim({ dataSource: ofClaim }),
    claim({ dataSource: ofClaim, dataSourceRef: ofClaim }),
  ],
]);

test("a source is named in both fields", () => {
  const source = { kind: "PersistentVolumeClaim", name: "a" };
  for (const field of ["dataSource", "dataSourceRef"]) {
    const { spec } = created(persistentVolumeClaimKind, claim({ [field]: source })) as {
      spec: PersistentVolumeClaimSpec;
    };
    assert.deepEqual([spec.dataSource, spec.dataSourceRef], [source, source]);
  }
});

test("what controllers say of a claim", () => {
  const of = (status: object) => ({ ...claim({}), status });
  assert.deepEqual(wrongWithStatus(persistentVolumeClaimKind, of({ capacity: { storage: "-1" } })), [
    "status.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
  ]);
  assert.deepEqual(wrongWithStatus(persistentVolumeClaimKind, of({ allocatedResourceStatuses: { cpu: "Odd" } })), [
    'status.allocatedResourceStatus: Unsupported value: "cpu": supported values: "storage"',
    'status.allocatedResourceStatus: Unsupported value: "cpu": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
  ]);
});

test("what is deprecated in volumes and claims", () => {
  assert.deepEqual(persistentVolumeKind.warnings!(volume({ persistentVolumeReclaimPolicy: "Recycle" }) as never), [
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
  ]);
  const annotations = { "volume.beta.kubernetes.io/storage-class": "a" };
  const older = { ...volume({ storageos: {} }), metadata: { annotations } };
  assert.deepEqual(persistentVolumeKind.warnings!(older as never), [
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
    "spec.storageOS: deprecated in v1.22, non-functional in v1.25+",
  ]);
  assert.deepEqual(persistentVolumeClaimKind.warnings!(claim(sized("1500m")) as never), [
    'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
  ]);
});
