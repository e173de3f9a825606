import type { Volume } from "../../api/generated/core/v1.ts";
import { configMapVolume } from "./config-map.ts";
import { downwardApiVolume } from "./downward-api.ts";
import { emptyDirVolume } from "./empty-dir.ts";
import { hostPathVolume } from "./host-path.ts";
import { imageVolume } from "./image.ts";
import { projectedVolume } from "./projected.ts";
import { secretVolume } from "./secret.ts";
import type { VolumeDriver } from "./volume.ts";

/** Drivers by the field of Volume that asks for them. */
const DRIVERS: Partial<Record<keyof Volume, VolumeDriver>> = {
  emptyDir: emptyDirVolume,
  hostPath: hostPathVolume,
  configMap: configMapVolume,
  secret: secretVolume,
  projected: projectedVolume,
  downwardAPI: downwardApiVolume,
  image: imageVolume,
};

/** The driver of a volume. A volume without any source is an emptyDir. @throws Error that names a kind that is not there */
export function volumeDriver(volume: Volume): VolumeDriver {
  const { name: _, ...sources } = volume;
  const kinds = Object.keys(sources) as (keyof Volume)[];
  const [kind] = kinds;
  if (kind === undefined) return emptyDirVolume;
  const driver = DRIVERS[kind];
  if (driver === undefined) throw new Error(`no volume plugin matched: this node has no driver for ${kind} volumes`);
  return driver;
}
