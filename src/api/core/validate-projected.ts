import { joined } from "../../base/joined.ts";
import { invalids, optionalNamed, requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type {
  ClusterTrustBundleProjection,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "../generated/core/v1.ts";
import { dnsSubdomainErrors, domainPrefixedPathErrors } from "../names.ts";
import { validateLabelSelector } from "../selectors.ts";
import { validateFilePath } from "./validate-path.ts";
import { validateDownwardItems, validateFileMode, validateItems } from "./validate-volume-items.ts";

const SOURCES = [
  "secret",
  "configMap",
  "downwardAPI",
  "serviceAccountToken",
  "clusterTrustBundle",
  "podCertificate",
] as const;

/** What is wrong with a volume that several sources fill. */
export function validateProjected(projected: ProjectedVolumeSource, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  const claim = (path: string | undefined, shown: string | undefined): void => {
    if (!path) return;
    if (paths.has(path)) errors.push(invalid(field, shown ?? "", "conflicting duplicate paths"));
    paths.add(path);
  };
  (projected.sources ?? []).forEach((source, index) => {
    const at = `${field}.sources[${index}]`;
    const kinds = SOURCES.filter((kind) => source[kind] !== undefined);
    for (const kind of kinds.slice(1)) {
      errors.push(forbiddenField(`${at}.${kind}`, "may not specify more than 1 volume type per source"));
    }
    for (const kind of kinds) errors.push(...validateSource(source, { kind, at, field }));
    for (const kind of ["secret", "configMap"] as const) {
      for (const item of source[kind]?.items ?? []) claim(item.path, source[kind]!.name);
    }
    for (const item of source.downwardAPI?.items ?? []) claim(item.path, item.path);
    for (const kind of ["serviceAccountToken", "clusterTrustBundle"] as const) {
      claim(source[kind]?.path, source[kind]?.path);
    }
    const { credentialBundlePath, keyPath, certificateChainPath } = source.podCertificate ?? {};
    for (const path of [credentialBundlePath, keyPath, certificateChainPath]) claim(path, path);
  });
  return joined(errors, validateFileMode(projected.defaultMode, `${field}.defaultMode`));
}

function validateSource(
  source: VolumeProjection,
  place: { kind: (typeof SOURCES)[number]; at: string; field: string },
): FieldError[] {
  const path = `${place.at}.${place.kind}`;
  switch (place.kind) {
    case "secret":
    case "configMap": {
      const { name, items } = source[place.kind]!;
      return joined(requiredText(name, `${path}.name`), validateItems(items, `${path}.items`));
    }
    case "downwardAPI":
      return validateDownwardItems(source.downwardAPI!.items, path);
    case "serviceAccountToken":
      return validateToken(source.serviceAccountToken!, path, place.field);
    case "clusterTrustBundle":
      return validateTrustBundle(source.clusterTrustBundle!, path, place.field);
    case "podCertificate":
      return validateCertificate(source.podCertificate!, path);
  }
}

function validateToken(source: ServiceAccountTokenProjection, field: string, volumeField: string): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = source.expirationSeconds ?? 3600;
  const at = `${field}.expirationSeconds`;
  if (seconds < 600) errors.push(invalid(at, seconds, "may not specify a duration less than 10 minutes"));
  if (seconds > 2 ** 32) errors.push(invalid(at, seconds, "may not specify a duration larger than 2^32 seconds"));
  if (!source.path) return [...errors, required(`${field}.path`)];
  return joined(errors, validateFilePath(source.path, `${volumeField}.path`));
}

/** A source as upstream shows it in a message. */
const shownBundle = (source: ClusterTrustBundleProjection): object => ({
  Name: source.name ?? null,
  SignerName: source.signerName ?? null,
  LabelSelector: source.labelSelector ?? null,
  Optional: source.optional ?? null,
  Path: source.path ?? "",
});

function validateTrustBundle(source: ClusterTrustBundleProjection, field: string, volumeField: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name, signerName, labelSelector, path } = source;
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalid(field, shownBundle(source), "only one of name and signerName may be used"));
  } else if (name !== undefined) {
    if (name === "") errors.push(required(`${field}.name`, "must be a valid object name"));
    else errors.push(...invalids(`${field}.name`, name, trustBundleNameErrors(name)));
    if (labelSelector !== undefined) {
      errors.push(invalid(`${field}.labelSelector`, labelSelector, "labelSelector must be unset if name is specified"));
    }
  } else if (signerName !== undefined) {
    if (signerName === "") errors.push(required(`${field}.signerName`, "must be a valid signer name"));
    else
      errors.push(
        ...domainPrefixedPathErrors(signerName).map((each) => invalid(`${field}.signerName`, each.value, each.message)),
      );
    errors.push(...validateLabelSelector(labelSelector, `${field}.labelSelector`));
  } else errors.push(required(field, "either name or signerName must be specified"));
  if (!path) return [...errors, required(`${field}.path`)];
  return joined(errors, validateFilePath(path, `${volumeField}.path`));
}

/** Bundles of a signer have its name in front, with colons for slashes. */
function trustBundleNameErrors(name: string): string[] {
  return name.split(":").flatMap((part) => dnsSubdomainErrors(part));
}

const KEY_TYPES = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
const SHORTEST_SECONDS = 3600;
const LONGEST_SECONDS = 91 * 86400;

function validateCertificate(source: PodCertificateProjection, field: string): FieldError[] {
  const { signerName, keyType, maxExpirationSeconds: seconds } = source;
  const errors = optionalNamed(signerName, signerNameErrors, `${field}.signerName`);
  if (!signerName) errors.push(required(`${field}.signerName`));
  if (!KEY_TYPES.includes(keyType)) errors.push(notSupported(`${field}.keyType`, keyType ?? "", KEY_TYPES));
  if (seconds === undefined) errors.push(required(`${field}.maxExpirationSeconds`));
  else if (seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS) {
    const range = `[${SHORTEST_SECONDS}, ${LONGEST_SECONDS}]`;
    errors.push(invalid(`${field}.maxExpirationSeconds`, seconds, `must be in the range ${range}`));
  }
  const paths = ["credentialBundlePath", "keyPath", "certificateChainPath"] as const;
  for (const key of paths) {
    if (source[key]) errors.push(...validateFilePath(source[key], `${field}.${key}`));
  }
  if (paths.every((key) => !source[key])) {
    const message = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
    errors.push(required(field, message));
  }
  return errors;
}

const signerNameErrors = (name: string): string[] => domainPrefixedPathErrors(name).map(({ message }) => message);
