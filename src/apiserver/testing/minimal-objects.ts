import type { AnyObject } from "../../api/meta.ts";
import type { ResourceSchema } from "../../api/schema.ts";
import { createTestRequest } from "../../base/testing/certificates.ts";

/**
 * The least that each stored resource needs to be created, by `group/resource` and, where a version has another shape, by
 * `group/version/resource`. Metadata stands in only where a name must be of a certain form.
 */
export type MinimalObject = Readonly<Record<string, unknown>>;

const REQUEST = createTestRequest("jane");
const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "example.com/web" }] } };
const workload = { spec: { selector: { matchLabels: labels }, template } };
const job = { template: { spec: { ...template.spec, restartPolicy: "Never" } } };
const role = { kind: "ClusterRole", name: "view", apiGroup: "rbac.authorization.k8s.io" };
const webhook = {
  name: "check.example.com",
  clientConfig: { url: "https://example.com/check" },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};
const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }];
const device = { name: "gpu-0", attributes: { model: { string: "a" } } };
const claim = { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.example.com" } }] } };
const betaClaim = { devices: { requests: [{ name: "gpu", deviceClassName: "gpu.example.com" }] } };
const slice = { driver: "gpu.example.com", nodeName: "a", pool: { name: "a", generation: 1, resourceSliceCount: 1 } };
const mutation = {
  matchConstraints: { resourceRules: rules },
  reinvocationPolicy: "Never",
  failurePolicy: "Ignore",
  mutations: [
    { patchType: "JSONPatch", jsonPatch: { expression: '[JSONPatch{op: "test", path: "/kind", value: "Pod"}]' } },
  ],
};

/** @param certificate PEM of some authority */
export function minimalObjects(certificate: string): Record<string, MinimalObject> {
  return {
    "/configmaps": { data: { a: "1" } },
    "/endpoints": { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] },
    "/events": { involvedObject: { kind: "Pod", name: "web", namespace: "default" }, reason: "Pulled", type: "Normal" },
    "/limitranges": { spec: { limits: [{ type: "Container", default: { cpu: "1" } }] } },
    "/namespaces": {},
    "/nodes": {},
    "/persistentvolumeclaims": {
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
    "/persistentvolumes": {
      spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } },
    },
    "/pods": { spec: template.spec },
    "/podtemplates": { template },
    "/replicationcontrollers": { spec: { selector: labels, template } },
    "/resourcequotas": { spec: { hard: { pods: "10" } } },
    "/secrets": { data: { a: "MQ==" } },
    "/serviceaccounts": {},
    "/services": { spec: { selector: labels, ports: [{ port: 80 }] } },
    "admissionregistration.k8s.io/mutatingadmissionpolicies": { spec: mutation },
    "admissionregistration.k8s.io/mutatingadmissionpolicybindings": { spec: { policyName: "least" } },
    "admissionregistration.k8s.io/mutatingwebhookconfigurations": { webhooks: [webhook] },
    "admissionregistration.k8s.io/validatingadmissionpolicies": {
      spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: "true" }] },
    },
    "admissionregistration.k8s.io/validatingadmissionpolicybindings": {
      spec: { policyName: "least", validationActions: ["Deny"] },
    },
    "admissionregistration.k8s.io/validatingwebhookconfigurations": { webhooks: [webhook] },
    "apiextensions.k8s.io/customresourcedefinitions": {
      metadata: { name: "boats.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "boats", kind: "Boat" },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
      },
    },
    "apiregistration.k8s.io/apiservices": {
      metadata: { name: "v1.far.example.com" },
      spec: {
        group: "far.example.com",
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: "far", namespace: "default" },
      },
    },
    "apps/controllerrevisions": { revision: 1, data: { a: 1 } },
    "apps/daemonsets": workload,
    "apps/deployments": workload,
    "apps/replicasets": workload,
    "apps/statefulsets": { spec: { ...workload.spec, serviceName: "web" } },
    "autoscaling/horizontalpodautoscalers": {
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, maxReplicas: 3 },
    },
    "batch/cronjobs": { spec: { schedule: "0 * * * *", jobTemplate: { spec: job } } },
    "batch/jobs": { spec: job },
    "certificates.k8s.io/certificatesigningrequests": {
      spec: {
        signerName: "example.com/signer",
        request: Buffer.from(REQUEST).toString("base64"),
        usages: ["digital signature"],
      },
    },
    "certificates.k8s.io/clustertrustbundles": { spec: { trustBundle: certificate } },
    "certificates.k8s.io/podcertificaterequests": {
      spec: {
        signerName: "example.com/signer",
        podName: "web",
        podUID: "11111111-1111-1111-1111-111111111111",
        serviceAccountName: "default",
        serviceAccountUID: "22222222-2222-2222-2222-222222222222",
        nodeName: "a",
        nodeUID: "33333333-3333-3333-3333-333333333333",
        stubPKCS10Request: REQUEST.replace(/-----[A-Z ]+-----|\s/g, ""),
      },
    },
    "coordination.k8s.io/leases": { spec: { holderIdentity: "a", leaseDurationSeconds: 15 } },
    "coordination.k8s.io/leasecandidates": {
      spec: {
        leaseName: "web",
        binaryVersion: "1.36.0",
        emulationVersion: "1.36.0",
        strategy: "OldestEmulationVersion",
      },
    },
    "discovery.k8s.io/endpointslices": {
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"] }],
      ports: [{ port: 80 }],
    },
    "events.k8s.io/events": {
      regarding: { kind: "Pod", name: "web", namespace: "default" },
      reason: "Pulled",
      action: "Pulling",
      type: "Normal",
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "example.com/runner",
      reportingInstance: "runner-1",
    },
    "flowcontrol.apiserver.k8s.io/flowschemas": {
      spec: { priorityLevelConfiguration: { name: "exempt" }, matchingPrecedence: 500 },
    },
    "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": {
      spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } },
    },
    "internal.apiserver.k8s.io/storageversions": { metadata: { name: "example.com.boats" }, spec: {} },
    "networking.k8s.io/ingressclasses": { spec: { controller: "example.com/ingress" } },
    "networking.k8s.io/ingresses": {
      spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } } },
    },
    "networking.k8s.io/ipaddresses": {
      metadata: { name: "10.96.0.99" },
      spec: { parentRef: { resource: "services", name: "web", namespace: "default" } },
    },
    "networking.k8s.io/networkpolicies": { spec: { podSelector: {} } },
    "networking.k8s.io/servicecidrs": { spec: { cidrs: ["10.97.0.0/16"] } },
    "node.k8s.io/runtimeclasses": { handler: "runc" },
    "policy/poddisruptionbudgets": { spec: { minAvailable: 1, selector: { matchLabels: labels } } },
    "rbac.authorization.k8s.io/clusterrolebindings": { roleRef: role },
    "rbac.authorization.k8s.io/clusterroles": { rules: [] },
    "rbac.authorization.k8s.io/rolebindings": { roleRef: role },
    "rbac.authorization.k8s.io/roles": { rules: [] },
    "resource.k8s.io/deviceclasses": { spec: { selectors: [{ cel: { expression: "true" } }] } },
    "resource.k8s.io/devicetaintrules": { spec: { taint: { key: "example.com/broken", effect: "NoSchedule" } } },
    "resource.k8s.io/resourceclaims": { spec: claim },
    "resource.k8s.io/v1beta1/resourceclaims": { spec: betaClaim },
    "resource.k8s.io/resourceclaimtemplates": { spec: { spec: claim } },
    "resource.k8s.io/v1beta1/resourceclaimtemplates": { spec: { spec: betaClaim } },
    "resource.k8s.io/resourcepoolstatusrequests": { spec: { driver: "gpu.example.com" } },
    "resource.k8s.io/resourceslices": { spec: { ...slice, devices: [device] } },
    "resource.k8s.io/v1beta1/resourceslices": {
      spec: { ...slice, devices: [{ name: device.name, basic: { attributes: device.attributes } }] },
    },
    "scheduling.k8s.io/podgroups": { spec: { schedulingPolicy: { gang: { minCount: 2 } } } },
    "scheduling.k8s.io/priorityclasses": { value: 100 },
    "scheduling.k8s.io/workloads": {
      spec: { podGroupTemplates: [{ name: "workers", schedulingPolicy: { gang: { minCount: 2 } } }] },
    },
    "storage.k8s.io/csidrivers": { spec: {} },
    "storage.k8s.io/csinodes": { spec: { drivers: [] } },
    "storage.k8s.io/csistoragecapacities": { storageClassName: "fast" },
    "storage.k8s.io/storageclasses": { provisioner: "example.com/disk" },
    "storage.k8s.io/volumeattachments": {
      spec: { attacher: "example.com", nodeName: "a", source: { persistentVolumeName: "data" } },
    },
    "storage.k8s.io/volumeattributesclasses": { driverName: "example.com", parameters: { iops: "1" } },
    "storagemigration.k8s.io/storageversionmigrations": {
      spec: { resource: { group: "apps", resource: "deployments" } },
    },
  };
}

/** The least object of a resource, named `least` where its kind asks for no other name. */
export function draftOf(
  minimal: Readonly<Record<string, MinimalObject>>,
  { group, version, resource, namespaced }: ResourceSchema,
): AnyObject {
  const least = minimal[`${group}/${version}/${resource}`] ?? minimal[`${group}/${resource}`];
  if (least === undefined) throw new Error(`there is no minimal object of ${group}/${version}/${resource}`);
  const { metadata, ...rest } = structuredClone(least) as AnyObject;
  return { metadata: { name: "least", ...(namespaced && { namespace: "default" }), ...metadata }, ...rest };
}
