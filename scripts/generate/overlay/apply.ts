/**
 * How server-side apply merges, where neither strategic-merge tags nor a name tell. By `definition.field`, or by definition
 * for structs that are always replaced as a whole. Source: the listType, listMapKey, mapType and structType markers in the
 * Kubernetes API types.
 */
const core = "io.k8s.api.core.v1";
const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const internal = "io.k8s.api.apiserverinternal.v1alpha1";
const flowcontrol = "io.k8s.api.flowcontrol.v1";

const forVersions = (group: string, versions: readonly string[], names: readonly string[]): string[] =>
  versions.flatMap((version) => names.map((name) => `io.k8s.api.${group}.${version}.${name}`));

/** Lists that are maps, and the fields of an item that form its key. */
export const mapLists: Readonly<Record<string, readonly string[]>> = {
  [`${core}.Container.ports`]: ["containerPort", "protocol"],
  [`${core}.EphemeralContainer.ports`]: ["containerPort", "protocol"],
  [`${core}.ServiceSpec.ports`]: ["port", "protocol"],
  [`${core}.PodSpec.topologySpreadConstraints`]: ["topologyKey", "whenUnsatisfiable"],
  [`${core}.ResourceRequirements.claims`]: ["name"],
  [`${core}.ResourceStatus.resources`]: ["resourceID"],
  [`${internal}.StorageVersionStatus.storageVersions`]: ["apiServerID"],
  "io.k8s.api.scheduling.v1alpha2.WorkloadSpec.podGroupTemplates": ["name"],
  ...Object.fromEntries(
    forVersions("resource", ["v1", "v1beta1", "v1beta2"], ["ResourceClaimStatus.devices"]).map((field) => [
      field,
      ["driver", "device", "pool", "shareID"],
    ]),
  ),
};

/** Lists without order and duplicates. */
export const sets: readonly string[] = [
  `${meta}.ObjectMeta.finalizers`,
  `${core}.NodeSpec.podCIDRs`,
  `${core}.ContainerRestartRuleOnExitCodes.values`,
  "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement.values",
  "io.k8s.api.batch.v1.UncountedTerminatedPods.failed",
  "io.k8s.api.batch.v1.UncountedTerminatedPods.succeeded",
  "io.k8s.api.discovery.v1.Endpoint.addresses",
  "io.k8s.api.storage.v1.CSIDriverSpec.volumeLifecycleModes",
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec.validationActions",
  `${internal}.ServerStorageVersion.decodableVersions`,
  `${internal}.ServerStorageVersion.servedVersions`,
  `${flowcontrol}.NonResourcePolicyRule.nonResourceURLs`,
  `${flowcontrol}.NonResourcePolicyRule.verbs`,
  `${flowcontrol}.ResourcePolicyRule.apiGroups`,
  `${flowcontrol}.ResourcePolicyRule.namespaces`,
  `${flowcontrol}.ResourcePolicyRule.resources`,
  `${flowcontrol}.ResourcePolicyRule.verbs`,
];

/** Lists that are replaced as a whole although their strategic-merge tags or names say otherwise. */
export const atomicLists: readonly string[] = ["io.k8s.api.batch.v1.JobStatus.conditions", `${core}.PodStatus.hostIPs`];

/** Maps that are replaced as a whole. */
export const atomicMaps: readonly string[] = [
  `${core}.PodSpec.nodeSelector`,
  `${core}.ReplicationControllerSpec.selector`,
  `${core}.ServiceSpec.selector`,
  "io.k8s.api.node.v1.Scheduling.nodeSelector",
];

/** Fields that merge field by field although their type is an atomic struct. */
export const granularFields: readonly string[] = [`${core}.PersistentVolumeSpec.claimRef`];

/** Structs that are replaced as a whole wherever they occur. */
export const atomicStructs: readonly string[] = [
  ...forVersions(
    "admissionregistration",
    ["v1", "v1beta1", "v1alpha1"],
    ["MatchResources", "NamedRuleWithOperations", "ParamKind", "ParamRef", "Variable"],
  ),
  ...forVersions(
    "core",
    ["v1"],
    [
      "ConfigMapKeySelector",
      "EndpointAddress",
      "EndpointPort",
      "FileKeySelector",
      "LocalObjectReference",
      "NodeSelector",
      "NodeSelectorTerm",
      "ObjectFieldSelector",
      "ObjectReference",
      "ResourceFieldSelector",
      "ScopeSelector",
      "ScopedResourceSelectorRequirement",
      "SecretKeySelector",
      "SecretReference",
      "TopologySelectorTerm",
      "TypedLocalObjectReference",
    ],
  ),
  "io.k8s.api.autoscaling.v1.CrossVersionObjectReference",
  "io.k8s.api.discovery.v1.EndpointPort",
  "io.k8s.api.networking.v1.ServiceBackendPort",
  "io.k8s.api.rbac.v1.RoleRef",
  "io.k8s.api.rbac.v1.Subject",
  `${meta}.LabelSelector`,
  `${meta}.OwnerReference`,
];
