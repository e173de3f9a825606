import { type FieldError, forbiddenField } from "../field-error.ts";
import type { PersistentVolume } from "../generated/core/v1.ts";
import { MOUNT_ANNOTATION } from "./storage-annotations.ts";

/** Sources whose drivers look at the annotation. */
const MOUNTED_WITH_OPTIONS = [
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "nfs",
  "rbd",
  "quobyte",
  "iscsi",
  "cinder",
  "cephfs",
  "azureFile",
  "vsphereVolume",
  "azureDisk",
  "photonPersistentDisk",
] as const;

/** Options of mounting that nobody would look at (pkg/volume/validation). */
export function validateMountAnnotation({ metadata, spec = {} }: PersistentVolume): FieldError[] {
  if (metadata?.annotations?.[MOUNT_ANNOTATION] === undefined) return [];
  if (MOUNTED_WITH_OPTIONS.some((source) => spec[source] !== undefined)) return [];
  const message = "may not specify mount options for this volume type";
  return [forbiddenField(`metadata.annotations.${MOUNT_ANNOTATION}`, message)];
}
