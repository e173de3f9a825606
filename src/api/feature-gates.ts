/** Features that are on and can be switched off, as upstream lets one; what is switched off is not there. */
export const SWITCHABLE = [
  "AllowParsingUserUIDFromCertAuth",
  "APIResponseCompression",
  "APIServerIdentity",
  "ComponentFlagz",
  "ComponentStatusz",
  "ConstrainedImpersonation",
  "StorageVersionHash",
  "WatchList",
] as const;

export type SwitchableFeature = (typeof SWITCHABLE)[number];
/** What somebody has switched off. */
export type FeaturesOff = ReadonlySet<SwitchableFeature>;

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Upstream has them on for good. */
const LOCKED = words(`
  AnonymousAuthConfigurableEndpoints AnyVolumeDataSource APIServerTracing AuthorizeNodeWithSelectors AuthorizeWithSelectors
  BtreeWatchCache ComponentSLIs ConsistentListFromCache CPUManagerPolicyOptions CRDValidationRatcheting
  CronJobsScheduledAnnotation CSIMigrationPortworx CustomResourceFieldSelectors HonorPVReclaimPolicy JobBackoffLimitPerIndex
  JobPodReplacementPolicy JobSuccessPolicy KubeletTracing LoadBalancerIPMode MatchLabelKeysInPodAffinity MemoryManager
  MultiCIDRServiceAllocator NFTablesProxyMode NodeInclusionPolicyInPodTopologySpread NodeSwap OrderedNamespaceDeletion
  PodIndexLabel RecoverVolumeExpansionFailure RecursiveReadOnlyMounts RelaxedDNSSearchValidation
  RelaxedEnvironmentVariableValidation ResilientWatchCacheInitialization RetryGenerateName SchedulerQueueingHints
  SeparateTaintEvictionController ServiceAccountTokenJTI ServiceAccountTokenNodeBinding
  ServiceAccountTokenNodeBindingValidation ServiceAccountTokenPodNodeInfo ServiceTrafficDistribution SidecarContainers
  SizeMemoryBackedVolumes StatefulSetAutoDeletePVC StreamingCollectionEncodingToJSON StreamingCollectionEncodingToProtobuf
  StrictCostEnforcementForVAP StrictCostEnforcementForWebhooks StructuredAuthenticationConfiguration
  StructuredAuthorizationConfiguration TopologyAwareHints
`);

/** Upstream has them on and lets one switch them off; here they are always on, or mean nothing. */
const ALWAYS_ON = words(`
  ContainerCheckpoint ContextualLogging DeclarativeValidation DetectCacheInconsistency DisableAllocatorDualWrite
  DisableNodeKubeProxyVersion DRAResourceClaimDeviceStatus DynamicResourceAllocation ExecProbeTimeout
  ExternalServiceAccountTokenSigner GracefulNodeShutdown GracefulNodeShutdownBasedOnPodPriority ImageMaximumGCAge
  ImageVolume InPlacePodVerticalScaling JobManagedBy KubeletCgroupDriverFromCRI KubeletFineGrainedAuthz
  KubeletSeparateDiskGC ListFromCacheSnapshot LoggingBetaOptions MatchLabelKeysInPodTopologySpread
  MatchLabelKeysInPodTopologySpreadSelectorMerge MutatingAdmissionPolicy NominatedNodeNameForExpectation OpenAPIEnums
  PodDeletionCost PodLevelResources PodLifecycleSleepAction PodLifecycleSleepActionAllowZero PodObservedGenerationTracking
  PodReadyToStartContainersCondition PodTopologyLabelsAdmission PortForwardWebsockets PreferSameTrafficDistribution
  PreventStaticPodAPIReferences ProcMountType ReloadKubeletServerCertificateFile RemoteRequestHeaderUID
  RotateKubeletServerCertificate SchedulerAsyncAPICalls SchedulerAsyncPreemption SchedulerPopFromBackoffQ
  SELinuxChangePolicy SELinuxMountReadWriteOncePod ServiceAccountNodeAudienceRestriction SizeBasedListCostEstimate
  StorageNamespaceIndex StructuredAuthenticationConfigurationEgressSelector SupplementalGroupsPolicy SystemdWatchdog
  TokenRequestServiceAccountUIDValidation TopologyManagerPolicyBetaOptions TopologyManagerPolicyOptions
  TranslateStreamCloseWebsocketRequests UnauthenticatedHTTP2DOSMitigation UserNamespacesSupport VolumeAttributesClass
`);

/** Upstream has them off; here they are not there. */
const OFF = words(`
  AllAlpha AllBeta AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests
  AllowOverwriteTerminationGracePeriodSeconds AllowUnsafeMalformedObjectDeletion APIServingWithRoutine
  CBORServingAndStorage CloudControllerManagerWebhook ClusterTrustBundle ClusterTrustBundleProjection
  ConcurrentWatchObjectDecode ContainerStopSignals CoordinatedLeaderElection CPUCFSQuotaPeriod
  CPUManagerPolicyAlphaOptions CrossNamespaceVolumeDataSource CSIVolumeHealth DeclarativeValidationTakeover
  EventedPLEG GitRepoVolumeDriver HPAScaleToZero InPlacePodVerticalScalingExclusiveCPUs InTreePluginPortworxUnregister
  KMSv1 KubeletInUserNamespace LocalStorageCapacityIsolationFSQuotaMonitoring LoggingAlphaOptions MemoryQoS NodeLogQuery
  PodAndContainerStatsFromCRI PodLogsQuerySplitStreams QOSReserved RuntimeClassInImageCriAPI SELinuxMount
  SeparateCacheWatchRPC StorageCapacityScoring StorageVersionAPI StrictIPCIDRValidation TopologyManagerPolicyAlphaOptions
  UnknownVersionInteroperabilityProxy WatchFromStorageWithoutResourceVersion WindowsCPUAndMemoryAffinity
  WindowsGracefulNodeShutdown WindowsHostNetwork
`);

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/**
 * What `name=true,name=false` switches off. To say of a feature what holds anyway is no error.
 * @throws Error that says what cannot be, in upstream's words where upstream refuses it as well
 */
export function featuresOff(pairs: readonly string[]): FeaturesOff {
  const wanted = new Map(pairs.map(wish));
  const off = new Set<SwitchableFeature>();
  for (const [name, isOn] of wanted) {
    const isSwitchable = (SWITCHABLE as readonly string[]).includes(name);
    if (isSwitchable) {
      if (!isOn) off.add(name as SwitchableFeature);
    } else refuseOther(name, isOn);
  }
  return off;
}

function wish(pair: string): [name: string, isOn: boolean] {
  const [name = "", value] = pair.split(/=(.*)/s).map((part) => part.trim());
  if (value === undefined) throw new Error(`missing bool value for ${name}`);
  if (TRUE.has(value)) return [name, true];
  if (FALSE.has(value)) return [name, false];
  throw new Error(
    `invalid value of ${name}=${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
  );
}

function refuseOther(name: string, isOn: boolean): void {
  if (LOCKED.includes(name)) {
    if (!isOn) throw new Error(`cannot set feature gate ${name} to false, feature is locked to true`);
  } else if (ALWAYS_ON.includes(name)) {
    if (!isOn) throw new Error(`cannot set feature gate ${name} to false: it cannot be switched off here`);
  } else if (OFF.includes(name)) {
    if (isOn) throw new Error(`cannot set feature gate ${name} to true: it is not there`);
  } else throw new Error(`unrecognized feature gate: ${name}`);
}
