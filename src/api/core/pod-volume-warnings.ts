import type { PersistentVolumeClaimSpec, Volume, VolumeProjection } from "../generated/core/v1.ts";
import { fractionWarnings } from "./fraction-warnings.ts";

/** Sources whose drivers are gone, with the name that upstream's warning has for them. */
const DEPRECATED: readonly (readonly [source: keyof Volume, name: string, text: string])[] = [
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "gitRepo", "deprecated in v1.11"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

/** What is unwise in the volumes of a pod. */
export function volumesWarnings(volumes: readonly Volume[], at: string): string[] {
  return [
    ...volumes.flatMap((volume, index) => [
      ...DEPRECATED.flatMap(([source, name, text]) =>
        volume[source] === undefined ? [] : [`${at}[${index}].${name}: ${text}`],
      ),
      ...claimSpecWarnings(
        volume.ephemeral?.volumeClaimTemplate?.spec,
        `${at}[${index}].ephemeral.volumeClaimTemplate.spec`,
      ),
    ]),
    ...volumes.flatMap(overlapWarnings),
  ];
}

/** What is unwise in what a claim asks for. */
export function claimSpecWarnings(spec: PersistentVolumeClaimSpec | undefined, at: string): string[] {
  return (["requests", "limits"] as const).flatMap((list) =>
    fractionWarnings(spec?.resources?.[list]?.storage, `${at}.resources.${list}[storage]`),
  );
}

/** Files that lie in each other's place. */
function overlapWarnings(volume: Volume): string[] {
  const { name, configMap, secret, downwardAPI, projected } = volume;
  const told = (what: string, overlaps: readonly string[]): string[] =>
    overlaps.map((each) => `volume ${JSON.stringify(name)} (${what}): overlapping paths: ${each}`);
  const inOne = (items: readonly { path: string }[] | undefined): string[] =>
    overlapsOf(
      [],
      (items ?? []).map(({ path }) => path),
    );
  const warnings = [
    ...told(`ConfigMap ${JSON.stringify(configMap?.name ?? "")}`, inOne(configMap?.items)),
    ...told(`Secret ${JSON.stringify(secret?.secretName ?? "")}`, inOne(secret?.items)),
    ...told("DownwardAPI", inOne(downwardAPI?.items)),
  ];
  const taken: string[] = [];
  for (const source of projected?.sources ?? []) {
    const described = describe(source);
    if (described === undefined) {
      warnings.push(`volume ${JSON.stringify(name)} (Projected) has no sources provided`);
      continue;
    }
    warnings.push(...told(`Projected ${described.what}`, overlapsOf(taken, described.paths)));
    taken.push(...described.paths);
  }
  return warnings;
}

function describe(source: VolumeProjection): { what: string; paths: string[] } | undefined {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  const paths = (items: readonly { path: string }[] | undefined): string[] => (items ?? []).map(({ path }) => path);
  if (configMap) return { what: `ConfigMap ${JSON.stringify(configMap.name ?? "")}`, paths: paths(configMap.items) };
  if (secret) return { what: `Secret ${JSON.stringify(secret.name ?? "")}`, paths: paths(secret.items) };
  if (downwardAPI) return { what: "DownwardAPI", paths: paths(downwardAPI.items) };
  if (serviceAccountToken) return { what: "ServiceAccountToken", paths: [serviceAccountToken.path] };
  if (clusterTrustBundle) {
    const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? "";
    return { what: `ClusterTrustBundle ${JSON.stringify(name)}`, paths: [clusterTrustBundle.path] };
  }
  if (podCertificate === undefined) return undefined;
  const { credentialBundlePath, keyPath, certificateChainPath } = podCertificate;
  const given = [credentialBundlePath, keyPath, certificateChainPath].filter((path) => path !== undefined);
  return { what: `PodCertificate ${JSON.stringify(podCertificate.signerName)}`, paths: given };
}

/** Paths that are the same as one before them, or one of which is a folder of the other. */
function overlapsOf(taken: readonly string[], paths: readonly string[]): string[] {
  const seen = taken.map(trimmed);
  return paths.map(trimmed).flatMap((path) => {
    const other = seen.find((each) => each === path || each.startsWith(`${path}/`) || path.startsWith(`${each}/`));
    seen.push(path);
    return other === undefined ? [] : [`${JSON.stringify(path)} with ${JSON.stringify(other)}`];
  });
}

const trimmed = (path: string): string => path.replace(/\/+$/, "");
