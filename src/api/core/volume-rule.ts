import type { FieldError } from "../field-error.ts";
import type { Volume } from "../generated/core/v1.ts";

/** Where a pod's spec stands, where the rules differ. */
export interface PodPlace {
  readonly isPod: boolean;
  /** The pod's name: claims of ephemeral volumes are named after it. */
  readonly podName?: string;
}

export interface VolumeRuleContext extends PodPlace {
  readonly volume: Volume;
  /** The path of the volume itself. */
  readonly at: string;
}

export type VolumeRule = (volume: Volume, field: string, context: VolumeRuleContext) => FieldError[];
