import { requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { Volume } from "../generated/core/v1.ts";

/** What each source of the older kinds cannot do without, by the path below the source. */
const REQUIRED: { readonly [kind in keyof Volume]?: readonly string[] } = {
  awsElasticBlockStore: ["volumeID"],
  azureDisk: ["diskName", "diskURI"],
  azureFile: ["secretName", "shareName"],
  cinder: ["volumeID"],
  flexVolume: ["driver"],
  gcePersistentDisk: ["pdName"],
  gitRepo: ["repository"],
  glusterfs: ["endpoints", "path"],
  photonPersistentDisk: ["pdID"],
  portworxVolume: ["volumeID"],
  rbd: ["image"],
  scaleIO: ["gateway", "system", "volumeName"],
  vsphereVolume: ["volumePath"],
};
const LUN_MAX = 255;

/** What is wrong with a source that is mostly kept for old manifests; nothing for all others. */
export function validateOlderSource(kind: keyof Volume, volume: Volume, field: string): FieldError[] {
  const source = volume[kind] as unknown as Readonly<Record<string, unknown>>;
  const missing = (REQUIRED[kind] ?? []).flatMap((key) => requiredText(source[key] as string, `${field}.${key}`));
  return [...missing, ...(special[kind]?.(volume, field) ?? [])];
}

const special: { readonly [kind in keyof Volume]?: (volume: Volume, field: string) => FieldError[] } = {
  cephfs: ({ cephfs }, field) => ((cephfs!.monitors ?? []).length === 0 ? [required(`${field}.monitors`)] : []),
  rbd: ({ rbd }, field) => ((rbd!.monitors ?? []).length === 0 ? [required(`${field}.monitors`)] : []),
  iscsi({ iscsi }, field) {
    const { targetPortal, iqn, lun, chapAuthDiscovery, chapAuthSession, secretRef } = iscsi!;
    const errors = requiredText(targetPortal, `${field}.targetPortal`);
    if (!iqn) errors.push(required(`${field}.iqn`));
    else if (
      !/^(iqn\.\d{4}-\d{2}\.[a-z0-9][a-z0-9.-]*(:.*)?|eui\.[0-9A-Fa-f]{16}|naa\.[0-9A-Fa-f]{16,32})$/i.test(iqn)
    ) {
      errors.push(invalid(`${field}.iqn`, iqn, "must be valid format"));
    }
    if (lun < 0 || lun > LUN_MAX) {
      errors.push(invalid(`${field}.lun`, lun, `must be between 0 and ${LUN_MAX}, inclusive`));
    }
    if ((chapAuthDiscovery || chapAuthSession) && secretRef === undefined) errors.push(required(`${field}.secretRef`));
    return errors;
  },
  fc({ fc }, field) {
    const { targetWWNs = [], wwids = [], lun } = fc!;
    if (targetWWNs.length === 0 && wwids.length === 0) {
      return [required(`${field}.targetWWNs`, "must specify either targetWWNs or wwids, but not both")];
    }
    if (targetWWNs.length > 0 && wwids.length > 0) {
      return [invalid(`${field}.targetWWNs`, targetWWNs, "targetWWNs and wwids can not be specified simultaneously")];
    }
    if (targetWWNs.length === 0) return [];
    if (lun === undefined) return [required(`${field}.lun`, "lun is required if targetWWNs is specified")];
    return lun < 0 || lun > LUN_MAX
      ? [invalid(`${field}.lun`, lun, `must be between 0 and ${LUN_MAX}, inclusive`)]
      : [];
  },
  glusterfs: ({ glusterfs }, field) => relative(glusterfs!.path, `${field}.path`),
  gitRepo: ({ gitRepo }, field) => relative(gitRepo!.directory, `${field}.directory`),
  quobyte({ quobyte }, field) {
    const { registry, volume } = quobyte!;
    const errors = requiredText(volume, `${field}.volume`);
    if (!registry) {
      const message = "must be a host:port pair or multiple pairs separated by commas";
      return [required(`${field}.registry`, message), ...errors];
    }
    const wrong = registry.split(",").some((pair) => !/^.+:\d+$/.test(pair));
    const message = "must be a host:port pair or multiple pairs separated by commas";
    return wrong ? [invalid(`${field}.registry`, registry, message), ...errors] : errors;
  },
};

function relative(path: string | undefined, field: string): FieldError[] {
  if (!path) return [];
  return path.split("/").includes("..") ? [invalid(field, path, "must not contain '..'")] : [];
}

/** What is wrong with the trust anchors that a pod is to be given. */
export function validateTrustBundleSource(
  source: { name?: string; signerName?: string; labelSelector?: object; path?: string } | undefined,
  field: string,
): FieldError[] {
  if (source === undefined) return [];
  const { name, signerName, labelSelector, path } = source;
  const errors = requiredText(path, `${field}.path`);
  const isNamed = name !== undefined;
  if (isNamed && signerName !== undefined) {
    errors.push(invalid(field, source, "only one of name and signerName may be used"));
  } else if (isNamed && name === "") errors.push(required(`${field}.name`, "must be a valid object name"));
  else if (isNamed && labelSelector !== undefined) {
    errors.push(invalid(field, source, "labelSelector must be unset if name is specified"));
  } else if (signerName === "") errors.push(required(`${field}.signerName`, "must be a valid signer name"));
  else if (!isNamed && signerName === undefined) {
    errors.push(required(field, "either name or signerName must be specified"));
  }
  return errors;
}

const KEY_TYPES = ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"];

/** What is wrong with a key and certificate that a pod is to be given. */
export function validateCertificateSource(
  source:
    | {
        signerName?: string;
        keyType?: string;
        maxExpirationSeconds?: number;
        credentialBundlePath?: string;
        keyPath?: string;
        certificateChainPath?: string;
      }
    | undefined,
  field: string,
): FieldError[] {
  if (source === undefined) return [];
  const { keyType, maxExpirationSeconds: seconds, credentialBundlePath, keyPath, certificateChainPath } = source;
  const errors = requiredText(source.signerName, `${field}.signerName`);
  if (!keyType || !KEY_TYPES.includes(keyType)) {
    errors.push({
      reason: "FieldValueNotSupported",
      field: `${field}.keyType`,
      message: `Unsupported value: ${JSON.stringify(keyType ?? "")}: supported values: ${KEY_TYPES.map((each) => `"${each}"`).join(", ")}`,
    });
  }
  if (seconds !== undefined && (seconds < 3600 || seconds > 7862400)) {
    errors.push(invalid(`${field}.maxExpirationSeconds`, seconds, "must be in the range [3600, 7862400]"));
  }
  if (!credentialBundlePath && !keyPath && !certificateChainPath) {
    const message = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
    errors.push(required(field, message));
  }
  return errors;
}
