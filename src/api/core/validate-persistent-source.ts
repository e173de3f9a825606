import { invalids, named, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required, tooLong } from "../field-error.ts";
import type { ISCSIPersistentVolumeSource, PersistentVolumeSpec, Volume } from "../generated/core/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { HOST_PATH_TYPES } from "./host-path.ts";
import { initiatorLengthErrors, iscsiErrors } from "./validate-volume-block.ts";
import { olderSources } from "./validate-volume-sources.ts";

type Source = Readonly<Record<string, unknown>>;
type Rule = (source: Source, field: string) => FieldError[];

/** What each source cannot do without, by the path below the source. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  awsElasticBlockStore: ["volumeID"],
  azureFile: ["secretName", "shareName"],
  cinder: ["volumeID"],
  gcePersistentDisk: ["pdName"],
  glusterfs: ["endpoints", "path"],
  hostPath: ["path"],
  local: ["path"],
  nfs: ["server", "path"],
  photonPersistentDisk: ["pdID"],
  portworxVolume: ["volumeID"],
  scaleIO: ["gateway", "system", "volumeName"],
  vsphereVolume: ["volumePath"],
};
const DRIVER_MAX = 63;

/** Sources that look the same in a pod, and have the same rules there. */
const SHARED: readonly string[] = ["azureDisk", "fc", "flexVolume", "flocker", "quobyte"];

/** What is wrong with what a volume is made of: one of the fields of its spec. @param name the volume's */
export function validatePersistentSource(
  kind: string,
  { spec, name }: { spec: PersistentVolumeSpec; name: string },
  field: string,
): FieldError[] {
  const source = spec[kind as keyof PersistentVolumeSpec] as unknown as Source;
  // Upstream's own word for it.
  const path = `${field}.${kind === "gcePersistentDisk" ? "persistentDisk" : kind}`;
  const missing = (REQUIRED[kind] ?? []).flatMap((key) => requiredText(source[key] as string, `${path}.${key}`));
  const shared = SHARED.includes(kind) ? validateShared(kind, source, path) : [];
  const block = spec.iscsi === undefined || kind !== "iscsi" ? [] : validateBlock(spec.iscsi, { name, field: path });
  return [...missing, ...shared, ...block, ...(rules[kind]?.(source, path) ?? [])];
}

function validateShared(kind: string, source: Source, field: string): FieldError[] {
  const volume: Volume = { name: "", [kind]: source };
  return olderSources[kind]!(volume, field, { volume, at: field, isPod: false });
}

function validateBlock(
  iscsi: ISCSIPersistentVolumeSource,
  { name, field }: { name: string; field: string },
): FieldError[] {
  const portal = { field: `${field}.targetportal`, value: iscsi.targetPortal };
  return [...iscsiErrors(iscsi, field), ...initiatorLengthErrors(iscsi, name, portal)];
}

function noBacksteps(path: unknown, field: string): FieldError[] {
  const text = (path as string | undefined) ?? "";
  return text.split("/").includes("..") ? [invalid(field, text, "must not contain '..'")] : [];
}

/** The disks of older clouds name a partition. */
const partition: Rule = ({ partition: number }, field) => {
  const value = (number as number | undefined) ?? 0;
  return value < 0 || value > 255 ? [invalid(`${field}.partition`, value, "must be between 0 and 255, inclusive")] : [];
};

const monitors: Rule = ({ monitors: list, image }, field) => [
  ...(((list as unknown[] | undefined) ?? []).length === 0 ? [required(`${field}.monitors`)] : []),
  ...(field.endsWith(".rbd") ? requiredText(image as string, `${field}.image`) : []),
];

/** A secret of any namespace: both must be said. */
function secretParts(secret: unknown, field: string): FieldError[] {
  if (secret === undefined) return [];
  const { name, namespace } = secret as { name?: string; namespace?: string };
  return [...requiredText(name, `${field}.name`), ...requiredText(namespace, `${field}.namespace`)];
}

/** What is wrong with the name of a storage driver. */
export function validateDriverName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const errors = Buffer.byteLength(name) > DRIVER_MAX ? [tooLong(field, DRIVER_MAX)] : [];
  return [...errors, ...invalids(field, name, dnsSubdomainErrors(name.toLowerCase()))];
}

const CSI_SECRETS = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodePublishSecretRef",
  "nodeExpandSecretRef",
];

const rules: Readonly<Record<string, Rule>> = {
  awsElasticBlockStore: partition,
  gcePersistentDisk: partition,
  hostPath({ path, type }, field) {
    const errors = noBacksteps(path, `${field}.path`);
    if (type === undefined || HOST_PATH_TYPES.includes(type as string)) return errors;
    return [...errors, notSupported(`${field}.type`, type, HOST_PATH_TYPES)];
  },
  local: ({ path }, field) => noBacksteps(path, `${field}.path`),
  nfs({ path }, field) {
    const text = (path as string | undefined) ?? "";
    return text === "" || text.startsWith("/") ? [] : [invalid(`${field}.path`, text, "must be an absolute path")];
  },
  rbd: monitors,
  cephfs: monitors,
  cinder: ({ secretRef }, field) => secretParts(secretRef, `${field}.secretRef`),
  glusterfs({ endpointsNamespace: namespace }, field) {
    if (namespace === undefined) return [];
    const message = "if the endpointnamespace is set, it must be a valid namespace name";
    const isWrong = dnsLabelErrors(namespace as string).length > 0;
    return isWrong ? [invalid(`${field}.endpointsNamespace`, namespace, message)] : [];
  },
  azureFile({ secretNamespace }, field) {
    return secretNamespace === "" ? [required(`${field}.secretNamespace`)] : [];
  },
  storageos({ volumeName, volumeNamespace, secretRef }, field) {
    const errors = named(volumeName as string, dnsLabelErrors, `${field}.volumeName`);
    if (volumeNamespace) {
      errors.push(...invalids(`${field}.volumeNamespace`, volumeNamespace, dnsLabelErrors(volumeNamespace as string)));
    }
    return [...errors, ...secretParts(secretRef, `${field}.secretRef`)];
  },
  csi(source, field) {
    const errors = validateDriverName((source.driver as string | undefined) ?? "", `${field}.driver`);
    errors.push(...requiredText(source.volumeHandle as string, `${field}.volumeHandle`));
    for (const key of CSI_SECRETS) {
      const secret = source[key] as { name?: string; namespace?: string } | undefined;
      if (secret === undefined) continue;
      errors.push(
        ...named(secret.name, dnsSubdomainErrors, `${field}.${key}.name`),
        ...named(secret.namespace, dnsLabelErrors, `${field}.${key}.namespace`),
      );
    }
    return errors;
  },
};
