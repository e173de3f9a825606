import { describe } from "node:test";
import { runtimeClassKind } from "../node/runtime-class.ts";
import { priorityClassKind } from "../scheduling/priority-class.ts";
import { testChange, testNew } from "../testing/kind-table.ts";
import { csiDriverKind, csiNodeKind, csiStorageCapacityKind } from "./csi.ts";
import { storageClassKind, volumeAttributesClassKind } from "./storage-class.ts";
import { volumeAttachmentKind } from "./volume-attachment.ts";

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe("classes of storage", () => {
  const good = { provisioner: "a.b/c" };
  testNew(storageClassKind, [
    ["a good one", good],
    [
      "reclaiming",
      { ...good, reclaimPolicy: "Recycle" },
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
    ],
    [
      "a mode that says nothing",
      { ...good, volumeBindingMode: "" },
      'volumeBindingMode: Unsupported value: "": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
    ["parameters", { ...good, parameters: { "": "a" } }, 'parameters: Invalid value: "": field can not be empty.'],
  ]);
  testChange(storageClassKind, [
    [
      "all that is fixed",
      { ...good, parameters: { a: "b" }, reclaimPolicy: "Retain", volumeBindingMode: "WaitForFirstConsumer" },
      good,
      "parameters: Forbidden: updates to parameters are forbidden.",
      "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.",
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
  ]);
  testNew(volumeAttributesClassKind, [
    [
      "nothing",
      {},
      "driverName: Required value",
      "parameters: Required value: must contain at least one key/value pair",
    ],
  ]);
});

describe("drivers", () => {
  testNew(csiDriverKind, [
    [
      "tokens in secrets, and no tokens",
      { metadata: { name: "disk.example.com" }, spec: { serviceAccountTokenInSecrets: true } },
      "spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified",
    ],
    ["a good one", { metadata: { name: "disk.example.com" }, spec: {} }],
    [
      "values",
      {
        metadata: { name: "disk.example.com" },
        spec: {
          fsGroupPolicy: "Some",
          volumeLifecycleModes: ["Once"],
          nodeAllocatableUpdatePeriodSeconds: 5,
          tokenRequests: [{ audience: "a" }, { audience: "a", expirationSeconds: 60 }],
        },
      },
      'spec.fsGroupPolicy: Unsupported value: "Some": supported values: "ReadWriteOnceWithFSType", "File", "None"',
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
      "spec.tokenRequests[1].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes",
      'spec.volumeLifecycleModes: Unsupported value: "Once": supported values: "Persistent", "Ephemeral"',
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 5: must be greater than or equal to 10 seconds",
    ],
  ]);
  const node = (driver: object) => ({ spec: { drivers: [{ name: "disk.example.com", nodeID: "1", ...driver }] } });
  testNew(csiNodeKind, [
    ["a good one", node({ topologyKeys: ["zone"] })],
    [
      "values",
      node({ nodeID: "", topologyKeys: ["a", "a"], allocatable: { count: -1 } }),
      "spec.drivers[0].nodeID: Required value",
      "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
      'spec.drivers[0].topologyKeys: Duplicate value: "a"',
    ],
  ]);
  testChange(csiNodeKind, [
    ["what it can hold", node({ allocatable: { count: 2 } }), node({ allocatable: { count: 1 } })],
    [
      "what it is",
      node({ nodeID: "2" }),
      node({}),
      'CSINodeDriver: Invalid value: {"Name":"disk.example.com","NodeID":"2","TopologyKeys":null,"Allocatable":null}: field is immutable',
    ],
  ]);
  testNew(csiStorageCapacityKind, [
    [
      "values",
      { storageClassName: "A", capacity: "-1" },
      `storageClassName: Invalid value: "A": ${SUBDOMAIN}`,
      'capacity: Invalid value: "-1": must be greater than or equal to 0',
    ],
  ]);
});

describe("attachments", () => {
  const of = (source: object) => ({ spec: { attacher: "disk.example.com", nodeName: "a", source } });
  const csi = { driver: "disk.example.com", volumeHandle: "1" };
  testNew(volumeAttachmentKind, [
    ["a volume", of({ persistentVolumeName: "a" })],
    ["a volume in place", of({ inlineVolumeSpec: { accessModes: ["ReadWriteOnce"], csi } })],
    [
      "none",
      of({}),
      "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName",
    ],
    [
      "what a volume in place cannot have",
      of({
        inlineVolumeSpec: {
          accessModes: ["ReadWriteOnce"],
          hostPath: { path: "/a" },
          capacity: { storage: "1" },
          storageClassName: "a",
        },
      }),
      "spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes",
      "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
      "spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes",
    ],
  ]);
});

describe("classes of pods", () => {
  const reserved =
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ";
  testNew(priorityClassKind, [
    ["of the system", { metadata: { name: "system-node-critical" }, value: 2_000_001_000 }],
    [
      "of another value",
      { metadata: { name: "system-node-critical" }, value: 1 },
      `${reserved}value of system-node-critical PriorityClass must be 2000001000`,
    ],
    [
      "unknown",
      { metadata: { name: "system-mine" }, value: 1 },
      `${reserved}system-mine is not a known system priority class`,
    ],
    [
      "policy",
      { value: 1, preemptionPolicy: "Maybe" },
      'preemptionPolicy: Unsupported value: "Maybe": supported values: "PreemptLowerPriority", "Never"',
    ],
  ]);
  testNew(runtimeClassKind, [
    [
      "tolerating twice",
      { handler: "runc", scheduling: { tolerations: [{ operator: "Exists" }, { operator: "Exists" }] } },
      'scheduling.tolerations[1]: Duplicate value: {"Key":"","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}',
    ],
    ["a good one", { handler: "runc", overhead: { podFixed: { cpu: "1" } } }],
    [
      "overhead",
      { handler: "runc", overhead: { podFixed: { cpu: "-1" } } },
      'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ],
  ]);
});
