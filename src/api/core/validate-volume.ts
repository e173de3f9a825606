import { invalids, named, optionalOneOf, requiredText, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { KeyToPath, ProjectedVolumeSource, Volume } from "../generated/core/v1.ts";
import { configMapKeyErrors, dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { tryParseQuantity } from "../quantity.ts";
import { validateClaimSpec } from "./validate-claim-spec.ts";
import { validateFieldReference, validateResourceReference } from "./validate-environment.ts";
import {
  validateCertificateSource,
  validateOlderSource,
  validateTrustBundleSource,
} from "./validate-volume-sources.ts";

const HOST_PATH_TYPES = [
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];
const FILE_MODE_MESSAGE = "must be a number between 0 and 0777 (octal), both inclusive";

/** What is wrong with the volumes of a pod. */
export function validateVolumes(volumes: readonly Volume[] | undefined, field: string): FieldError[] {
  const unique = uniqueness();
  return (volumes ?? []).flatMap((volume, index) => {
    const path = `${field}[${index}]`;
    const errors = validateVolumeSource(volume, path);
    if (!volume.name) return [...errors, required(`${path}.name`)];
    const wrongName = invalids(`${path}.name`, volume.name, dnsLabelErrors(volume.name));
    return [...errors, ...(wrongName.length > 0 ? wrongName : unique(volume.name, `${path}.name`))];
  });
}

function validateVolumeSource(volume: Volume, field: string): FieldError[] {
  const kinds = Object.keys(volume).filter((key) => key !== "name" && volume[key as keyof Volume] !== undefined);
  const first = kinds[0];
  if (first === undefined) return [required(field, "must specify a volume type")];
  const errors = kinds
    .slice(1)
    .map((kind) => forbiddenField(`${field}.${kind}`, "may not specify more than 1 volume type"));
  const kind = first as keyof Volume;
  const path = `${field}.${first}`;
  return [...errors, ...(sources[kind]?.(volume, path) ?? validateOlderSource(kind, volume, path))];
}

/** The rules of each source; those that are missing have no rule beyond their types. */
const sources: { readonly [kind in keyof Volume]?: (volume: Volume, field: string) => FieldError[] } = {
  hostPath: ({ hostPath }, field) => [
    ...requiredText(hostPath!.path, `${field}.path`),
    ...(hostPath!.path?.split("/").includes("..")
      ? [invalid(`${field}.path`, hostPath!.path, "must not contain '..'")]
      : []),
    ...optionalOneOf(hostPath!.type, HOST_PATH_TYPES, `${field}.type`),
  ],
  emptyDir: ({ emptyDir }, field) => {
    const limit = emptyDir!.sizeLimit;
    if (limit === undefined) return [];
    const quantity = tryParseQuantity(limit);
    return quantity === undefined || quantity.nanos < 0n
      ? [forbiddenField(`${field}.sizeLimit`, "SizeLimit field must be a valid resource quantity")]
      : [];
  },
  secret: ({ secret }, field) => [
    ...requiredText(secret!.secretName, `${field}.secretName`),
    ...validateFileMode(secret!.defaultMode, `${field}.defaultMode`),
    ...validateItems(secret!.items, `${field}.items`),
  ],
  configMap: ({ configMap }, field) => [
    ...requiredText(configMap!.name, `${field}.name`),
    ...validateFileMode(configMap!.defaultMode, `${field}.defaultMode`),
    ...validateItems(configMap!.items, `${field}.items`),
  ],
  downwardAPI: ({ downwardAPI }, field) => [
    ...validateFileMode(downwardAPI!.defaultMode, `${field}.defaultMode`),
    ...validateDownwardItems(downwardAPI!.items, field),
  ],
  persistentVolumeClaim: ({ persistentVolumeClaim }, field) =>
    requiredText(persistentVolumeClaim!.claimName, `${field}.claimName`),
  projected: ({ projected }, field) => validateProjected(projected!, field),
  nfs: ({ nfs }, field) => [
    ...requiredText(nfs!.server, `${field}.server`),
    ...requiredText(nfs!.path, `${field}.path`),
    ...(nfs!.path && !nfs!.path.startsWith("/")
      ? [invalid(`${field}.path`, nfs!.path, "must be an absolute path")]
      : []),
  ],
  csi: ({ csi }, field) => [
    ...requiredText(csi!.driver, `${field}.driver`),
    ...(csi!.nodePublishSecretRef && !csi!.nodePublishSecretRef.name
      ? [required(`${field}.nodePublishSecretRef.name`)]
      : []),
  ],
  ephemeral({ ephemeral }, field) {
    const template = ephemeral!.volumeClaimTemplate;
    if (template === undefined) return [required(`${field}.volumeClaimTemplate`)];
    return validateClaimSpec(template.spec ?? {}, `${field}.volumeClaimTemplate.spec`);
  },
  image: ({ image }, field) => [
    ...requiredText(image!.reference, `${field}.reference`),
    ...optionalOneOf(image!.pullPolicy, ["Always", "IfNotPresent", "Never"], `${field}.pullPolicy`),
  ],
};

function validateFileMode(mode: number | undefined, field: string): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(field, mode, FILE_MODE_MESSAGE)] : [];
}

function validateItems(items: readonly KeyToPath[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => {
    const path = `${field}[${index}]`;
    return [
      ...named(item.key, configMapKeyErrors, `${path}.key`),
      ...requiredText(item.path, `${path}.path`),
      ...validateFilePath(item.path, `${path}.path`),
      ...validateFileMode(item.mode, `${path}.mode`),
    ];
  });
}

/** A path inside a volume: relative, without `..`, and its first part does not start with two dots. */
function validateFilePath(path: string | undefined, field: string): FieldError[] {
  if (!path) return [];
  const errors = validateRelativePath(path, field);
  if (errors.length === 0 && path.startsWith("..")) errors.push(invalid(field, path, "must not start with '..'"));
  return errors;
}

/** A relative path that cannot climb out. */
export function validateRelativePath(path: string, field: string): FieldError[] {
  if (path.startsWith("/")) return [invalid(field, path, "must be a relative path")];
  return path.split("/").includes("..") ? [invalid(field, path, "must not contain '..'")] : [];
}

type DownwardItem = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];

function validateDownwardItems(items: readonly DownwardItem[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap((item) => {
    const errors = [...requiredText(item.path, `${field}.path`), ...validateFilePath(item.path, `${field}.path`)];
    if (item.fieldRef !== undefined) {
      errors.push(...validateFieldReference(item.fieldRef, `${field}.fieldRef`, "volume"));
      if (item.resourceFieldRef !== undefined) {
        errors.push(invalid(field, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
      }
    } else if (item.resourceFieldRef !== undefined) {
      errors.push(...validateResourceReference(item.resourceFieldRef, `${field}.resourceFieldRef`, true));
    } else errors.push(required(field, "one of fieldRef and resourceFieldRef is required"));
    return [...errors, ...validateFileMode(item.mode, `${field}.mode`)];
  });
}

function validateProjected(projected: ProjectedVolumeSource, field: string): FieldError[] {
  const errors = validateFileMode(projected.defaultMode, `${field}.defaultMode`);
  const paths = uniqueness();
  (projected.sources ?? []).forEach((source, index) => {
    const path = `${field}.sources[${index}]`;
    const kinds = Object.keys(source).filter((key) => source[key as keyof typeof source] !== undefined);
    for (const kind of kinds.slice(1)) {
      errors.push(forbiddenField(`${path}.${kind}`, "may not specify more than 1 volume type per source"));
    }
    if (source.secret) {
      errors.push(...named(source.secret.name, dnsSubdomainErrors, `${path}.secret.name`));
      errors.push(...validateItems(source.secret.items, `${path}.secret`));
    }
    if (source.configMap) {
      errors.push(...named(source.configMap.name, dnsSubdomainErrors, `${path}.configMap.name`));
      errors.push(...validateItems(source.configMap.items, `${path}.configMap`));
    }
    if (source.downwardAPI) errors.push(...validateDownwardItems(source.downwardAPI.items, `${path}.downwardAPI`));
    if (source.serviceAccountToken) errors.push(...validateTokenSource(source.serviceAccountToken, path));
    errors.push(...validateTrustBundleSource(source.clusterTrustBundle, `${path}.clusterTrustBundle`));
    errors.push(...validateCertificateSource(source.podCertificate, `${path}.podCertificate`));
    const items = [
      ...(source.secret?.items ?? []),
      ...(source.configMap?.items ?? []),
      ...(source.downwardAPI?.items ?? []),
      ...(source.serviceAccountToken === undefined ? [] : [source.serviceAccountToken]),
    ];
    for (const item of items) errors.push(...paths(item.path, `${path}.path`));
  });
  return errors;
}

function validateTokenSource(source: { path: string; expirationSeconds?: number }, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = source.expirationSeconds ?? 3600;
  const path = `${field}.serviceAccountToken`;
  if (seconds < 600)
    errors.push(invalid(`${path}.expirationSeconds`, seconds, "may not specify a duration less than 10 minutes"));
  if (seconds > 2 ** 32)
    errors.push(invalid(`${path}.expirationSeconds`, seconds, "may not specify a duration larger than 2^32 seconds"));
  errors.push(...requiredText(source.path, `${path}.path`), ...validateFilePath(source.path, `${path}.path`));
  return errors;
}
