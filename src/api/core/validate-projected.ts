import { joined } from "../../base/joined.ts";
import { requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { ProjectedVolumeSource, ServiceAccountTokenProjection, VolumeProjection } from "../generated/core/v1.ts";
import { validateFilePath } from "./validate-path.ts";
import { validatePodCertificate } from "./validate-pod-certificate.ts";
import { validateTrustBundle } from "./validate-trust-bundle.ts";
import { validateDownwardItem, validateFileMode, validateItem } from "./validate-volume-items.ts";

const SOURCES = [
  "secret",
  "configMap",
  "downwardAPI",
  "serviceAccountToken",
  "clusterTrustBundle",
  "podCertificate",
] as const;

/** Takes a path for a file; one that is taken is an error, which shows what is given. */
type Claim = (path: string, shown: string) => FieldError[];

/** What is wrong with a volume that several sources fill. */
export function validateProjected(projected: ProjectedVolumeSource, field: string): FieldError[] {
  const paths = new Set<string>();
  const claim: Claim = (path, shown) => {
    if (paths.has(path)) return [invalid(field, shown, "conflicting duplicate paths")];
    paths.add(path);
    return [];
  };
  const errors = validateFileMode(projected.defaultMode, `${field}.defaultMode`);
  (projected.sources ?? []).forEach((source, index) => {
    const at = `${field}.sources[${index}]`;
    const kinds = SOURCES.filter((kind) => source[kind] !== undefined);
    for (const kind of kinds) errors.push(...validateSource(source, { kind, path: `${at}.${kind}`, field }, claim));
    if (kinds.length > 1) errors.push(forbiddenField(at, "may not specify more than 1 volume type per source"));
  });
  return errors;
}

function validateSource(
  source: VolumeProjection,
  { kind, path, field }: { kind: (typeof SOURCES)[number]; path: string; field: string },
  claim: Claim,
): FieldError[] {
  switch (kind) {
    case "secret":
    case "configMap": {
      const { name = "", items = [] } = source[kind]!;
      const wrong = items.flatMap((item, index) =>
        joined(validateItem(item, `${path}.items[${index}]`), item.path ? claim(item.path, name) : []),
      );
      return joined(requiredText(name, `${path}.name`), wrong);
    }
    case "downwardAPI":
      return (source.downwardAPI!.items ?? []).flatMap((item) =>
        joined(validateDownwardItem(item, path), item.path ? claim(item.path, item.path) : []),
      );
    case "serviceAccountToken":
      return validateToken(source.serviceAccountToken!, path, field);
    case "clusterTrustBundle": {
      const { path: file = "" } = source.clusterTrustBundle!;
      return joined(validateTrustBundle(source.clusterTrustBundle!, path), claim(file, file));
    }
    case "podCertificate":
      return validatePodCertificate(source.podCertificate!, path, (file) => claim(file, file));
  }
}

/** Upstream reports the file at the volume, and lets another source write to it. */
function validateToken(source: ServiceAccountTokenProjection, field: string, volumeField: string): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = source.expirationSeconds ?? 3600;
  const at = `${field}.expirationSeconds`;
  if (seconds < 600) errors.push(invalid(at, seconds, "may not specify a duration less than 10 minutes"));
  if (seconds > 2 ** 32) errors.push(invalid(at, seconds, "may not specify a duration larger than 2^32 seconds"));
  const file = `${volumeField}.path`;
  return joined(errors, source.path ? validateFilePath(source.path, file) : [required(file)]);
}
