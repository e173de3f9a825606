import type { Fields } from "./objects.ts";

const container = { name: "c", image: "x:1" };
const podSpec = { containers: [container] };
const template = { metadata: { labels: { app: "web" } }, spec: podSpec };
const selector = { matchLabels: { app: "web" } };
const role = { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] };
const roleRef = (kind: string): Fields => ({
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: "a" },
  subjects: [{ kind: "User", name: "jane", apiGroup: "rbac.authorization.k8s.io" }],
});

/** What makes an object of a kind pass: generated fields are laid over it. */
export const examples: Readonly<Record<string, Fields>> = {
  Pod: { spec: podSpec },
  PodTemplate: { template },
  ReplicationController: { spec: { selector: { app: "web" }, template } },
  Service: { spec: { ports: [{ port: 80 }] } },
  Endpoints: { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] },
  Deployment: { spec: { selector, template } },
  ReplicaSet: { spec: { selector, template } },
  StatefulSet: { spec: { selector, template, serviceName: "a" } },
  DaemonSet: { spec: { selector, template } },
  ControllerRevision: { revision: 1, data: { a: { b: [1, "x", null] } } },
  Job: { spec: { template: { spec: { ...podSpec, restartPolicy: "Never" } } } },
  CronJob: {
    spec: {
      schedule: "* * * * *",
      jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: "Never" } } } },
    },
  },
  PersistentVolume: {
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } },
  },
  PersistentVolumeClaim: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
  HorizontalPodAutoscaler: {
    spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" } },
  },
  Ingress: { spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } } },
  NetworkPolicy: { spec: { podSelector: {} } },
  PodDisruptionBudget: { spec: { selector, minAvailable: 1 } },
  EndpointSlice: { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80, name: "" }] },
  Role: role,
  ClusterRole: role,
  RoleBinding: roleRef("Role"),
  ClusterRoleBinding: roleRef("ClusterRole"),
  StorageClass: { provisioner: "a.b" },
  PriorityClass: { value: 5 },
  RuntimeClass: { handler: "a" },
  CSIDriver: { spec: {} },
  CSINode: { spec: { drivers: [] } },
  VolumeAttachment: { spec: { attacher: "a.b", nodeName: "a", source: { persistentVolumeName: "a" } } },
  Event: {
    involvedObject: { kind: "Pod", name: "a", namespace: "default" },
    reason: "x",
    message: "y",
    type: "Normal",
  },
  CronTab: { spec: { cronSpec: "* * * * *" } },
  CustomResourceDefinition: {
    metadata: { name: "foos.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "foos", kind: "Foo" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  },
};
