const core = "io.k8s.api.core.v1";

const fields = (values: Readonly<Record<string, unknown>>, ...definitions: string[]): [string, unknown][] =>
  definitions.flatMap((definition) =>
    Object.entries(values).map(([name, value]): [string, unknown] => [`${core}.${definition}.${name}`, value]),
  );

/** Defaults that the API types declare in their schema (`+default=`); others are set by code. By definition and field. */
export const defaults: Readonly<Record<string, unknown>> = Object.fromEntries([
  ...fields({ protocol: "TCP" }, "ContainerPort", "ServicePort"),
  ...fields(
    { name: "" },
    "LocalObjectReference",
    "ConfigMapEnvSource",
    "ConfigMapKeySelector",
    "ConfigMapProjection",
    "ConfigMapVolumeSource",
    "SecretEnvSource",
    "SecretKeySelector",
    "SecretProjection",
  ),
  ...fields({ cachingMode: "ReadWrite", fsType: "ext4", kind: "Shared", readOnly: false }, "AzureDiskVolumeSource"),
  ...fields({ iscsiInterface: "default" }, "ISCSIVolumeSource", "ISCSIPersistentVolumeSource"),
  ...fields(
    { keyring: "/etc/ceph/keyring", pool: "rbd", user: "admin" },
    "RBDVolumeSource",
    "RBDPersistentVolumeSource",
  ),
  ...fields({ fsType: "xfs", storageMode: "ThinProvisioned" }, "ScaleIOVolumeSource", "ScaleIOPersistentVolumeSource"),
]);
