/** Annotations of volumes and claims that have become fields. */
export const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
export const MOUNT_ANNOTATION = "volume.beta.kubernetes.io/mount-options";
