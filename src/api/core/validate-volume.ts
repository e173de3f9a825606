import { joined } from "../../base/joined.ts";
import { invalids, named, requiredText, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from "../field-error.ts";
import type { Volume } from "../generated/core/v1.ts";
import type { ObjectMeta } from "../meta.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { validateAnnotations } from "../object-meta.ts";
import { tryParseQuantity } from "../quantity.ts";
import { validateLabels } from "../selectors.ts";
import { HOST_PATH_TYPES } from "./host-path.ts";
import { validateClaimSpec } from "./validate-claim-spec.ts";
import { validateNoBacksteps } from "./validate-path.ts";
import { validateProjected } from "./validate-projected.ts";
import { validateDownwardItems, validateFileMode, validateItems } from "./validate-volume-items.ts";
import { olderSources } from "./validate-volume-sources.ts";
import type { PodPlace, VolumeRule, VolumeRuleContext } from "./volume-rule.ts";

const CSI_DRIVER_MAX = 63;

/** What is wrong with the volumes of a pod, and which of them containers may name. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  field: string,
  place: PodPlace,
): { errors: FieldError[]; known: ReadonlyMap<string, Volume> } {
  const known = new Map<string, Volume>();
  const unique = uniqueness();
  const errors: FieldError[] = [];
  const madeClaims = new Set<string>();
  for (const volume of volumes ?? []) {
    if (volume.ephemeral !== undefined && place.podName) madeClaims.add(`${place.podName}-${volume.name}`);
  }
  (volumes ?? []).forEach((volume, index) => {
    const path = `${field}[${index}]`;
    const wrong = validateVolumeSource(volume, { ...place, volume, at: path });
    wrong.push(...named(volume.name, dnsLabelErrors, `${path}.name`));
    if (wrong.length === 0) wrong.push(...unique(volume.name, `${path}.name`));
    if (wrong.length === 0) known.set(volume.name, volume);
    errors.push(...wrong);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && madeClaims.has(claim)) {
      const message = "must not reference a PVC that gets created for an ephemeral volume";
      errors.push(invalid(`${path}.persistentVolumeClaim.claimName`, claim, message));
    }
  });
  return { errors, known };
}

function validateVolumeSource(volume: Volume, context: VolumeRuleContext): FieldError[] {
  const kinds = sourcesOf(volume);
  const [first] = kinds;
  if (first === undefined) return [required(context.at, "must specify a volume type")];
  const errors = kinds.slice(1).map((kind) => {
    return forbiddenField(`${context.at}.${MISSPELT[kind] ?? kind}`, "may not specify more than 1 volume type");
  });
  return joined(sources[first]?.(volume, `${context.at}.${first}`, context) ?? [], errors);
}

/** Nearly always one; of several the first is the one that counts. */
function sourcesOf(volume: Volume): string[] {
  const given = Object.keys(volume).filter((kind) => ORDER.has(kind) && volume[kind as keyof Volume] !== undefined);
  return given.length < 2 ? given : given.sort((a, b) => ORDER.get(a)! - ORDER.get(b)!);
}

/** Upstream names these otherwise where a volume has two sources. */
const MISSPELT: Readonly<Record<string, string>> = { downwardAPI: "downwarAPI", cephfs: "cephFS" };

const validateHostPath: VolumeRule = ({ hostPath }, field) => {
  const { path, type } = hostPath!;
  if (!path) return [required(`${field}.path`)];
  const known = type === undefined || HOST_PATH_TYPES.includes(type);
  return joined(
    validateNoBacksteps(path, `${field}.path`),
    known ? [] : [notSupported(`${field}.type`, type, HOST_PATH_TYPES)],
  );
};

const validateEmptyDir: VolumeRule = ({ emptyDir }, field) => {
  const limit = emptyDir!.sizeLimit;
  const quantity = tryParseQuantity(limit ?? "0");
  return quantity === undefined || quantity.nanos < 0n
    ? [forbiddenField(`${field}.sizeLimit`, "SizeLimit field must be a valid resource quantity")]
    : [];
};

const validateSecret: VolumeRule = ({ secret }, field) =>
  joined(
    requiredText(secret!.secretName, `${field}.secretName`),
    validateFileMode(secret!.defaultMode, `${field}.defaultMode`),
    validateItems(secret!.items, `${field}.items`),
  );

const validateConfigMap: VolumeRule = ({ configMap }, field) =>
  joined(
    requiredText(configMap!.name, `${field}.name`),
    validateFileMode(configMap!.defaultMode, `${field}.defaultMode`),
    validateItems(configMap!.items, `${field}.items`),
  );

const validateDownwardAPI: VolumeRule = ({ downwardAPI }, field) =>
  joined(
    validateFileMode(downwardAPI!.defaultMode, `${field}.defaultMode`),
    validateDownwardItems(downwardAPI!.items, field),
  );

const validateCsi: VolumeRule = ({ csi }, field) => {
  const { driver, nodePublishSecretRef } = csi!;
  const errors: FieldError[] = [];
  if (!driver) errors.push(required(`${field}.driver`));
  else {
    if (driver.length > CSI_DRIVER_MAX) errors.push(tooLong(`${field}.driver`, CSI_DRIVER_MAX));
    errors.push(...invalids(`${field}.driver`, driver, dnsSubdomainErrors(driver.toLowerCase())));
  }
  if (nodePublishSecretRef === undefined) return errors;
  const { name } = nodePublishSecretRef;
  if (!name) return [...errors, required(`${field}.nodePublishSecretRef.name`)];
  return joined(errors, invalids(`${field}.name`, name, dnsSubdomainErrors(name)));
};

const validateEphemeral: VolumeRule = ({ ephemeral, name }, field, { at, podName }) => {
  const template = ephemeral!.volumeClaimTemplate;
  if (template === undefined) return [required(`${field}.volumeClaimTemplate`)];
  const path = `${field}.volumeClaimTemplate`;
  const errors = joined(
    validateClaimMetadata(template.metadata, `${path}.metadata`),
    validateClaimSpec(template.spec ?? {}, `${path}.spec`),
  );
  if (!podName) return errors;
  const claim = `${podName}-${name}`;
  const wrong = dnsSubdomainErrors(claim).map((each) => `PVC name ${JSON.stringify(claim)}: ${each}`);
  return joined(errors, invalids(`${at}.name`, name, wrong));
};

/** Claims of ephemeral volumes get labels and annotations from their template, and nothing else. */
function validateClaimMetadata(metadata: ObjectMeta | undefined, field: string): FieldError[] {
  if (metadata === undefined) return [];
  const errors = joined(
    validateAnnotations(metadata.annotations, `${field}.annotations`),
    validateLabels(metadata.labels, `${field}.labels`),
  );
  const { annotations: _annotations, labels: _labels, creationTimestamp: _time, ...others } = metadata;
  for (const [key, value] of Object.entries(others)) {
    const isEmpty = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
    // As Go's name of the field becomes when only its first letter is made small.
    if (!isEmpty) errors.push(forbiddenField(`${field}.${key === "uid" ? "uID" : key}`, "cannot be set"));
  }
  return errors;
}

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

const validateImage: VolumeRule = ({ image }, field, { isPod }) => {
  const { reference, pullPolicy } = image!;
  const errors = isPod ? requiredText(reference, `${field}.reference`) : [];
  if (!pullPolicy) errors.push(required(`${field}.pullPolicy`));
  else if (!PULL_POLICIES.includes(pullPolicy)) {
    errors.push(notSupported(`${field}.pullPolicy`, pullPolicy, PULL_POLICIES));
  }
  return errors;
};

/** The rules of each source, in the order in which upstream looks for them: the first is the one that counts. */
const sources: Readonly<Record<string, VolumeRule | undefined>> = {
  emptyDir: validateEmptyDir,
  hostPath: validateHostPath,
  gitRepo: olderSources.gitRepo,
  gcePersistentDisk: (volume, _field, context) =>
    olderSources.gcePersistentDisk!(volume, `${context.at}.persistentDisk`, context),
  awsElasticBlockStore: olderSources.awsElasticBlockStore,
  secret: validateSecret,
  nfs: ({ nfs }, field) =>
    joined(
      requiredText(nfs!.server, `${field}.server`),
      requiredText(nfs!.path, `${field}.path`),
      nfs!.path?.startsWith("/") ? [] : [invalid(`${field}.path`, nfs!.path ?? "", "must be an absolute path")],
    ),
  iscsi: olderSources.iscsi,
  glusterfs: olderSources.glusterfs,
  flocker: olderSources.flocker,
  persistentVolumeClaim: ({ persistentVolumeClaim }, field) =>
    requiredText(persistentVolumeClaim!.claimName, `${field}.claimName`),
  rbd: olderSources.rbd,
  cinder: olderSources.cinder,
  cephfs: olderSources.cephfs,
  quobyte: olderSources.quobyte,
  downwardAPI: validateDownwardAPI,
  fc: olderSources.fc,
  flexVolume: olderSources.flexVolume,
  configMap: validateConfigMap,
  azureFile: olderSources.azureFile,
  vsphereVolume: olderSources.vsphereVolume,
  photonPersistentDisk: olderSources.photonPersistentDisk,
  portworxVolume: olderSources.portworxVolume,
  azureDisk: olderSources.azureDisk,
  storageos: olderSources.storageos,
  projected: ({ projected }, field) => validateProjected(projected!, field),
  scaleIO: olderSources.scaleIO,
  csi: validateCsi,
  ephemeral: validateEphemeral,
  image: validateImage,
};

const ORDER: ReadonlyMap<string, number> = new Map(Object.keys(sources).map((kind, index) => [kind, index]));
