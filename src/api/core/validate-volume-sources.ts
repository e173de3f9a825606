import { invalids, optionalNamed, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { AzureDiskVolumeSource } from "../generated/core/v1.ts";
import { dnsLabelErrors, rangeMessage } from "../names.ts";
import { validateRelativePath } from "./validate-path.ts";
import { validateFibreChannel, validateIscsi } from "./validate-volume-block.ts";
import type { VolumeRule } from "./volume-rule.ts";

const QUOBYTE_TENANT_MAX = 64;
const REGISTRY_MESSAGE = "must be a host:port pair or multiple pairs separated by commas";
const RESERVED_MESSAGE = "kubernetes.io and k8s.io namespaces are reserved";

function validatePartition(partition: number | undefined, field: string): FieldError[] {
  const value = partition ?? 0;
  return value < 0 || value > 255 ? [invalid(`${field}.partition`, value, rangeMessage(1, 255))] : [];
}

const validateQuobyte: VolumeRule = ({ quobyte }, field) => {
  const { registry, tenant, volume } = quobyte!;
  const errors: FieldError[] = [];
  if (!registry) errors.push(required(`${field}.registry`, REGISTRY_MESSAGE));
  else if ((tenant?.length ?? 0) > QUOBYTE_TENANT_MAX) {
    errors.push(required(`${field}.tenant`, "must be a UUID and may not exceed a length of 64 characters"));
  } else if (registry.split(",").some((pair) => !/^(\[[^\]]*\]|[^:[\]]*):[^:]*$/.test(pair))) {
    errors.push(invalid(`${field}.registry`, registry, REGISTRY_MESSAGE));
  }
  return [...errors, ...requiredText(volume, `${field}.volume`)];
};

const validateFlocker: VolumeRule = ({ flocker }, field) => {
  const { datasetName, datasetUUID } = flocker!;
  const errors: FieldError[] = [];
  if (!datasetName && !datasetUUID) {
    errors.push(required(field, "one of datasetName and datasetUUID is required"));
  }
  if (datasetName && datasetUUID) {
    errors.push(invalid(field, "resource", "datasetName and datasetUUID can not be specified simultaneously"));
  }
  if (datasetName?.includes("/")) {
    errors.push(invalid(`${field}.datasetName`, datasetName, "must not contain '/'"));
  }
  return errors;
};

const validateFlexVolume: VolumeRule = ({ flexVolume }, field) => {
  const errors = requiredText(flexVolume!.driver, `${field}.driver`);
  for (const key of Object.keys(flexVolume!.options ?? {})) {
    const domain = `.${key.split("/", 1)[0]!.toLowerCase()}`;
    if (domain.endsWith(".kubernetes.io") || domain.endsWith(".k8s.io"))
      errors.push(invalid(`${field}.options[${key}]`, key, RESERVED_MESSAGE));
  }
  return errors;
};

const DISK_KINDS = ["Dedicated", "Managed", "Shared"];
const CACHING_MODES = ["None", "ReadOnly", "ReadWrite"];
const MANAGED_DISK = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const BLOB_DISK = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

function validateAzureDisk(disk: AzureDiskVolumeSource, field: string): FieldError[] {
  const { diskName, diskURI, cachingMode, kind } = disk;
  const errors = [...requiredText(diskName, `${field}.diskName`), ...requiredText(diskURI, `${field}.diskURI`)];
  if (cachingMode !== undefined && !CACHING_MODES.includes(cachingMode)) {
    errors.push(notSupported(`${field}.cachingMode`, cachingMode, CACHING_MODES));
  }
  if (kind !== undefined && !DISK_KINDS.includes(kind)) errors.push(notSupported(`${field}.kind`, kind, DISK_KINDS));
  const isPath = (diskURI ?? "").startsWith("/subscriptions/");
  if (kind === "Managed" && !isPath) errors.push(notSupported(`${field}.diskURI`, diskURI ?? "", [MANAGED_DISK]));
  if (kind !== undefined && kind !== "Managed" && !(diskURI ?? "").startsWith("https://")) {
    errors.push(notSupported(`${field}.diskURI`, diskURI ?? "", [BLOB_DISK]));
  }
  return errors;
}

/** Sources that are kept for old manifests: most of their drivers are gone. */
export const olderSources: Readonly<Record<string, VolumeRule>> = {
  gitRepo: ({ gitRepo }, field) => [
    ...requiredText(gitRepo!.repository, `${field}.repository`),
    ...validateRelativePath(gitRepo!.directory ?? "", `${field}.directory`),
  ],
  gcePersistentDisk: ({ gcePersistentDisk }, field) => [
    ...requiredText(gcePersistentDisk!.pdName, `${field}.pdName`),
    ...validatePartition(gcePersistentDisk!.partition, field),
  ],
  awsElasticBlockStore: ({ awsElasticBlockStore }, field) => [
    ...requiredText(awsElasticBlockStore!.volumeID, `${field}.volumeID`),
    ...validatePartition(awsElasticBlockStore!.partition, field),
  ],
  iscsi: validateIscsi,
  fc: validateFibreChannel,
  glusterfs: ({ glusterfs }, field) => [
    ...requiredText(glusterfs!.endpoints, `${field}.endpoints`),
    ...requiredText(glusterfs!.path, `${field}.path`),
  ],
  flocker: validateFlocker,
  rbd: ({ rbd }, field) => [
    ...((rbd!.monitors ?? []).length === 0 ? [required(`${field}.monitors`)] : []),
    ...requiredText(rbd!.image, `${field}.image`),
  ],
  cinder: ({ cinder }, field) => [
    ...requiredText(cinder!.volumeID, `${field}.volumeID`),
    ...(cinder!.secretRef === undefined ? [] : requiredText(cinder!.secretRef.name, `${field}.secretRef.name`)),
  ],
  cephfs: ({ cephfs }, field) => ((cephfs!.monitors ?? []).length === 0 ? [required(`${field}.monitors`)] : []),
  quobyte: validateQuobyte,
  flexVolume: validateFlexVolume,
  azureFile: ({ azureFile }, field) => [
    ...requiredText(azureFile!.secretName, `${field}.secretName`),
    ...requiredText(azureFile!.shareName, `${field}.shareName`),
  ],
  vsphereVolume: ({ vsphereVolume }, field) => requiredText(vsphereVolume!.volumePath, `${field}.volumePath`),
  photonPersistentDisk: ({ photonPersistentDisk }, field) => requiredText(photonPersistentDisk!.pdID, `${field}.pdID`),
  portworxVolume: ({ portworxVolume }, field) => requiredText(portworxVolume!.volumeID, `${field}.volumeID`),
  azureDisk: ({ azureDisk }, field) => validateAzureDisk(azureDisk!, field),
  storageos({ storageos }, field) {
    const { volumeName, volumeNamespace, secretRef } = storageos!;
    return [
      ...requiredText(volumeName, `${field}.volumeName`),
      ...(volumeName ? invalids(`${field}.volumeName`, volumeName, dnsLabelErrors(volumeName)) : []),
      ...optionalNamed(volumeNamespace, dnsLabelErrors, `${field}.volumeNamespace`),
      ...(secretRef === undefined ? [] : requiredText(secretRef.name, `${field}.secretRef.name`)),
    ];
  },
  scaleIO: ({ scaleIO }, field) => [
    ...requiredText(scaleIO!.gateway, `${field}.gateway`),
    ...requiredText(scaleIO!.system, `${field}.system`),
    ...requiredText(scaleIO!.volumeName, `${field}.volumeName`),
  ],
};
