import { type ProtoDescriptor, protoDescriptor } from "../../../base/proto-descriptor.ts";

/**
 * The part of the CRI v1 protocol (k8s.io/cri-api runtime/v1) that the kubelet uses, as base/proto-descriptor.ts
 * reads it. Names are camelCase here; on the wire only numbers count.
 */
const MESSAGES = `
Empty:
VersionRequest: 1 version string
VersionResponse: 2 runtimeName string, 3 runtimeVersion string, 4 runtimeApiVersion string
StatusRequest: 1 verbose bool
RuntimeCondition: 1 type string, 2 status bool, 3 reason string, 4 message string
RuntimeStatus: 1 conditions []RuntimeCondition
RuntimeHandlerFeatures: 1 recursiveReadOnlyMounts bool, 2 userNamespaces bool
RuntimeHandler: 1 name string, 2 features RuntimeHandlerFeatures
RuntimeFeatures: 1 supplementalGroupsPolicy bool
StatusResponse: 1 status RuntimeStatus, 2 info map, 3 runtimeHandlers []RuntimeHandler, 4 features RuntimeFeatures
Int64Value: 1 value int64
UInt64Value: 1 value uint64
DNSConfig: 1 servers []string, 2 searches []string, 3 options []string
PortMapping: 1 protocol Protocol, 2 containerPort int32, 3 hostPort int32, 4 hostIp string
Mount: 1 containerPath string, 2 hostPath string, 3 readonly bool, 4 selinuxRelabel bool, 5 propagation MountPropagation, 9 image ImageSpec, 10 imageSubPath string
NamespaceOption: 1 network NamespaceMode, 2 pid NamespaceMode, 3 ipc NamespaceMode, 4 targetId string
SELinuxOption: 1 user string, 2 role string, 3 type string, 4 level string
SecurityProfile: 1 profileType ProfileType, 2 localhostRef string
LinuxSandboxSecurityContext: 1 namespaceOptions NamespaceOption, 2 selinuxOptions SELinuxOption, 3 runAsUser Int64Value, 8 runAsGroup Int64Value, 4 readonlyRootfs bool, 5 supplementalGroups []int64, 11 supplementalGroupsPolicy SupplementalGroupsPolicy, 6 privileged bool, 9 seccomp SecurityProfile
LinuxPodSandboxConfig: 1 cgroupParent string, 2 securityContext LinuxSandboxSecurityContext, 3 sysctls map, 4 overhead LinuxContainerResources, 5 resources LinuxContainerResources
PodSandboxMetadata: 1 name string, 2 uid string, 3 namespace string, 4 attempt uint32
PodSandboxConfig: 1 metadata PodSandboxMetadata, 2 hostname string, 3 logDirectory string, 4 dnsConfig DNSConfig, 5 portMappings []PortMapping, 6 labels map, 7 annotations map, 8 linux LinuxPodSandboxConfig
RunPodSandboxRequest: 1 config PodSandboxConfig, 2 runtimeHandler string
RunPodSandboxResponse: 1 podSandboxId string
PodSandboxIdRequest: 1 podSandboxId string, 2 verbose bool
PodIP: 1 ip string
PodSandboxNetworkStatus: 1 ip string, 2 additionalIps []PodIP
PodSandboxStatus: 1 id string, 2 metadata PodSandboxMetadata, 3 state PodSandboxState, 4 createdAt int64, 5 network PodSandboxNetworkStatus, 7 labels map, 8 annotations map
PodSandboxStatusResponse: 1 status PodSandboxStatus, 2 info map
PodSandboxFilter: 1 id string, 3 labelSelector map
ListPodSandboxRequest: 1 filter PodSandboxFilter
PodSandbox: 1 id string, 2 metadata PodSandboxMetadata, 3 state PodSandboxState, 4 createdAt int64, 5 labels map, 6 annotations map
ListPodSandboxResponse: 1 items []PodSandbox
ImageSpec: 1 image string, 2 annotations map, 18 userSpecifiedImage string
KeyValue: 1 key string, 2 value string
LinuxContainerResources: 1 cpuPeriod int64, 2 cpuQuota int64, 3 cpuShares int64, 4 memoryLimitInBytes int64, 5 oomScoreAdj int64
Capability: 1 addCapabilities []string, 2 dropCapabilities []string
LinuxContainerSecurityContext: 1 capabilities Capability, 2 privileged bool, 3 namespaceOptions NamespaceOption, 4 selinuxOptions SELinuxOption, 5 runAsUser Int64Value, 12 runAsGroup Int64Value, 6 runAsUsername string, 7 readonlyRootfs bool, 8 supplementalGroups []int64, 17 supplementalGroupsPolicy SupplementalGroupsPolicy, 11 noNewPrivs bool, 13 maskedPaths []string, 14 readonlyPaths []string, 15 seccomp SecurityProfile, 16 apparmor SecurityProfile, 9 apparmorProfile string
LinuxContainerConfig: 1 resources LinuxContainerResources, 2 securityContext LinuxContainerSecurityContext
ContainerMetadata: 1 name string, 2 attempt uint32
ContainerConfig: 1 metadata ContainerMetadata, 2 image ImageSpec, 3 command []string, 4 args []string, 5 workingDir string, 6 envs []KeyValue, 7 mounts []Mount, 9 labels map, 10 annotations map, 11 logPath string, 12 stdin bool, 13 stdinOnce bool, 14 tty bool, 15 linux LinuxContainerConfig
CreateContainerRequest: 1 podSandboxId string, 2 config ContainerConfig, 3 sandboxConfig PodSandboxConfig
CreateContainerResponse: 1 containerId string
ContainerIdRequest: 1 containerId string, 2 verbose bool
StopContainerRequest: 1 containerId string, 2 timeout int64
ContainerFilter: 1 id string, 3 podSandboxId string, 4 labelSelector map
ListContainersRequest: 1 filter ContainerFilter
Container: 1 id string, 2 podSandboxId string, 3 metadata ContainerMetadata, 4 image ImageSpec, 5 imageRef string, 6 state ContainerState, 7 createdAt int64, 8 labels map, 9 annotations map
ListContainersResponse: 1 containers []Container
ContainerStatus: 1 id string, 2 metadata ContainerMetadata, 3 state ContainerState, 4 createdAt int64, 5 startedAt int64, 6 finishedAt int64, 7 exitCode int32, 8 image ImageSpec, 9 imageRef string, 10 reason string, 11 message string, 12 labels map, 13 annotations map, 15 logPath string, 16 resources ContainerResources
ContainerResources: 1 linux LinuxContainerResources
ContainerStatusResponse: 1 status ContainerStatus, 2 info map
UpdateContainerResourcesRequest: 1 containerId string, 2 linux LinuxContainerResources
ExecSyncRequest: 1 containerId string, 2 cmd []string, 3 timeout int64
ExecSyncResponse: 1 stdout bytes, 2 stderr bytes, 3 exitCode int32
ExecRequest: 1 containerId string, 2 cmd []string, 3 tty bool, 4 stdin bool, 5 stdout bool, 6 stderr bool
AttachRequest: 1 containerId string, 2 stdin bool, 3 tty bool, 4 stdout bool, 5 stderr bool
PortForwardRequest: 1 podSandboxId string, 2 port []int32
UrlResponse: 1 url string
ListImagesRequest:
Image: 1 id string, 2 repoTags []string, 3 repoDigests []string, 4 size uint64, 5 uid Int64Value, 6 username string, 8 pinned bool
ListImagesResponse: 1 images []Image
ImageRequest: 1 image ImageSpec, 2 verbose bool
ImageStatusResponse: 1 image Image, 2 info map
AuthConfig: 1 username string, 2 password string, 3 auth string, 4 serverAddress string, 5 identityToken string, 6 registryToken string
PullImageRequest: 1 image ImageSpec, 2 auth AuthConfig, 3 sandboxConfig PodSandboxConfig
PullImageResponse: 1 imageRef string
NetworkConfig: 1 podCidr string
RuntimeConfig: 1 networkConfig NetworkConfig
UpdateRuntimeConfigRequest: 1 runtimeConfig RuntimeConfig
FilesystemIdentifier: 1 mountpoint string
FilesystemUsage: 1 timestamp int64, 2 fsId FilesystemIdentifier, 3 usedBytes UInt64Value, 4 inodesUsed UInt64Value
ImageFsInfoResponse: 1 imageFilesystems []FilesystemUsage
ContainerStatsFilter: 1 id string, 2 podSandboxId string, 3 labelSelector map
ListContainerStatsRequest: 1 filter ContainerStatsFilter
ContainerAttributes: 1 id string, 2 metadata ContainerMetadata, 3 labels map
CpuUsage: 1 timestamp int64, 2 usageCoreNanoSeconds UInt64Value
MemoryUsage: 1 timestamp int64, 2 workingSetBytes UInt64Value, 4 usageBytes UInt64Value, 5 rssBytes UInt64Value, 6 pageFaults UInt64Value, 7 majorPageFaults UInt64Value
ContainerStats: 1 attributes ContainerAttributes, 2 cpu CpuUsage, 3 memory MemoryUsage, 4 writableLayer FilesystemUsage
ContainerStatsResponse: 1 stats ContainerStats
ListContainerStatsResponse: 1 stats []ContainerStats
ContainerEventResponse: 1 containerId string, 2 containerEventType ContainerEventType
`;

/** Values count from 0. */
const ENUMS = `
Protocol: TCP UDP SCTP
MountPropagation: PROPAGATION_PRIVATE PROPAGATION_HOST_TO_CONTAINER PROPAGATION_BIDIRECTIONAL
NamespaceMode: POD CONTAINER NODE TARGET
SupplementalGroupsPolicy: Merge Strict
ProfileType: RuntimeDefault Unconfined Localhost
PodSandboxState: SANDBOX_READY SANDBOX_NOTREADY
ContainerState: CONTAINER_CREATED CONTAINER_RUNNING CONTAINER_EXITED CONTAINER_UNKNOWN
ContainerEventType: CONTAINER_CREATED_EVENT CONTAINER_STARTED_EVENT CONTAINER_STOPPED_EVENT CONTAINER_DELETED_EVENT
`;

const RUNTIME_SERVICE = `
Version VersionRequest VersionResponse
Status StatusRequest StatusResponse
RunPodSandbox RunPodSandboxRequest RunPodSandboxResponse
StopPodSandbox PodSandboxIdRequest Empty
RemovePodSandbox PodSandboxIdRequest Empty
PodSandboxStatus PodSandboxIdRequest PodSandboxStatusResponse
ListPodSandbox ListPodSandboxRequest ListPodSandboxResponse
CreateContainer CreateContainerRequest CreateContainerResponse
StartContainer ContainerIdRequest Empty
StopContainer StopContainerRequest Empty
RemoveContainer ContainerIdRequest Empty
ListContainers ListContainersRequest ListContainersResponse
ContainerStatus ContainerIdRequest ContainerStatusResponse
UpdateContainerResources UpdateContainerResourcesRequest Empty
ReopenContainerLog ContainerIdRequest Empty
ExecSync ExecSyncRequest ExecSyncResponse
Exec ExecRequest UrlResponse
Attach AttachRequest UrlResponse
PortForward PortForwardRequest UrlResponse
ContainerStats ContainerIdRequest ContainerStatsResponse
ListContainerStats ListContainerStatsRequest ListContainerStatsResponse
UpdateRuntimeConfig UpdateRuntimeConfigRequest Empty
GetContainerEvents Empty stream:ContainerEventResponse
`;

const IMAGE_SERVICE = `
ListImages ListImagesRequest ListImagesResponse
ImageStatus ImageRequest ImageStatusResponse
PullImage PullImageRequest PullImageResponse
RemoveImage ImageRequest Empty
ImageFsInfo Empty ImageFsInfoResponse
`;

/** The protocol as a JSON descriptor for protobufjs: package runtime.v1. */
export function criDescriptor(): ProtoDescriptor {
  return protoDescriptor({
    package: "runtime.v1",
    messages: MESSAGES,
    enums: ENUMS,
    services: { RuntimeService: RUNTIME_SERVICE, ImageService: IMAGE_SERVICE },
  });
}
