import type { Pod, Volume } from "../../api/generated/core/v1.ts";
import type { Clock } from "../../base/clock.ts";
import type { FieldFacts } from "../environment/fields.ts";
import type { ReferencedObjects } from "../environment/objects.ts";
import type { KubeletPaths } from "../pods/paths.ts";
import type { VolumeFiles } from "./files.ts";
import type { PodCertificates } from "./pod-certificates.ts";
import type { ServiceAccountTokens } from "./tokens.ts";
import type { TrustBundles } from "./trust-bundles.ts";

/** What drivers work with. */
export interface VolumeContext {
  readonly pod: Pod;
  readonly paths: KubeletPaths;
  readonly files: VolumeFiles;
  readonly objects: ReferencedObjects;
  readonly tokens: ServiceAccountTokens;
  readonly certificates: PodCertificates;
  readonly trust: TrustBundles;
  readonly fields: FieldFacts;
  readonly clock: Clock;
}

/** A volume that is ready to be mounted into containers. */
export interface ReadyVolume {
  /** Empty where the runtime mounts an image. */
  readonly hostPath: string;
  readonly readOnly: boolean;
}

/** One kind of volume, as a field of Volume names it. */
export interface VolumeDriver {
  /** Upstream's plugin name without `kubernetes.io/`: part of the path. */
  readonly plugin: string;
  /** Whether its content may change while the pod runs, so that setUp is called again from time to time. */
  readonly refreshed: boolean;
  /** Makes the volume ready. Idempotent. Rejects with what the event FailedMount then says. */
  setUp(volume: Volume, context: VolumeContext): Promise<ReadyVolume>;
}
