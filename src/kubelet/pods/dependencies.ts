import type { Pod } from "../../api/generated/core/v1.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { KeyedBackoff } from "../backoff.ts";
import type { DnsConfig } from "../cri/config.ts";
import type { ContainerRuntime } from "../cri/runtime.ts";
import type { FieldFacts } from "../environment/fields.ts";
import type { ReferencedObjects } from "../environment/objects.ts";
import type { ServiceFacts } from "../environment/service-variables.ts";
import type { PodCgroups } from "../host/pod-cgroups.ts";
import type { ImagePuller } from "../images/puller.ts";
import type { HookRunner } from "../lifecycle/hooks.ts";
import type { ProbeManager } from "../probes/probe-manager.ts";
import type { StatusWriter } from "../status/status-writer.ts";
import type { VolumeFiles } from "../volumes/files.ts";
import type { PodVolumes } from "../volumes/pod-volumes.ts";
import type { KubeletPaths } from "./paths.ts";
import type { RuntimeCache } from "./runtime-cache.ts";

/** What pod workers work with: made once a kubelet. */
export interface PodDependencies {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly runtime: ContainerRuntime;
  /** Scheme of container ids in statuses, e.g. `containerd`. */
  readonly runtimeName: string;
  readonly cache: RuntimeCache;
  readonly puller: ImagePuller;
  readonly volumes: PodVolumes;
  readonly files: VolumeFiles;
  readonly cgroups: PodCgroups;
  readonly probes: ProbeManager;
  readonly hooks: HookRunner;
  readonly statuses: StatusWriter;
  readonly objects: ReferencedObjects;
  readonly crashBackoff: KeyedBackoff;
  readonly paths: KubeletPaths;
  readonly ownLabels: Readonly<Record<string, string>>;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly hostIps: readonly string[];
  readonly nodeMemoryBytes: number;
  services(): readonly ServiceFacts[];
  hostDns(): Promise<DnsConfig>;
  hostsFile(): Promise<string>;
  fields(pod: Pod): FieldFacts;
}
