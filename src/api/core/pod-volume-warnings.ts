import { joined } from "../../base/joined.ts";
import type { PersistentVolumeClaimSpec, Volume, VolumeProjection } from "../generated/core/v1.ts";
import { fractionWarnings } from "./fraction-warnings.ts";

/** Sources whose drivers are gone, with the name that upstream's warning has for them. */
const DEPRECATED: readonly (readonly [source: string, name: string, text: string])[] = [
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
  return joined(
    volumes.flatMap((volume, index) => volumeWarnings(volume, `${at}[${index}]`)),
    volumes.flatMap(overlapWarnings),
  );
}

function volumeWarnings(volume: Volume, at: string): string[] {
  const sources = Object.keys(volume).filter((key) => volume[key as keyof Volume] !== undefined);
  const deprecated = DEPRECATED.filter(([source]) => sources.includes(source));
  return joined(
    deprecated.map(([, name, text]) => `${at}.${name}: ${text}`),
    claimSpecWarnings(volume.ephemeral?.volumeClaimTemplate?.spec, `${at}.ephemeral.volumeClaimTemplate.spec`),
  );
}

/** What is unwise in what a claim asks for. */
export function claimSpecWarnings(spec: PersistentVolumeClaimSpec | undefined, at: string): string[] {
  if (spec?.resources === undefined) return [];
  return (["requests", "limits"] as const).flatMap((list) =>
    fractionWarnings(spec?.resources?.[list]?.storage, `${at}.resources.${list}[storage]`),
  );
}

/** Files that lie in each other's place. */
function overlapWarnings(volume: Volume): string[] {
  const { name, configMap, secret, downwardAPI, projected } = volume;
  const warnings: string[] = [];
  const tell = (taken: readonly string[], paths: readonly string[], what: () => string): void => {
    for (const each of overlapsOf(taken, paths)) {
      warnings.push(`volume ${JSON.stringify(name)} (${what()}): overlapping paths: ${each}`);
    }
  };
  tell([], pathsOf(configMap?.items), () => `ConfigMap ${JSON.stringify(configMap?.name ?? "")}`);
  tell([], pathsOf(secret?.items), () => `Secret ${JSON.stringify(secret?.secretName ?? "")}`);
  tell([], pathsOf(downwardAPI?.items), () => "DownwardAPI");
  const taken: string[] = [];
  for (const source of projected?.sources ?? []) {
    const described = describe(source);
    if (described === undefined) {
      warnings.push(`volume ${JSON.stringify(name)} (Projected) has no sources provided`);
      continue;
    }
    tell(taken, described.paths, () => `Projected ${described.what()}`);
    taken.push(...described.paths);
  }
  return warnings;
}

type Items = readonly { path: string }[] | undefined;

const pathsOf = (items: Items): string[] => (items === undefined ? [] : items.map(({ path }) => path));

/** The name is asked for only when there is something to tell. */
function describe(source: VolumeProjection): { what: () => string; paths: string[] } | undefined {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  const named = (kind: string, name = "") => `${kind} ${JSON.stringify(name)}`;
  if (configMap) return { what: () => named("ConfigMap", configMap.name), paths: pathsOf(configMap.items) };
  if (secret) return { what: () => named("Secret", secret.name), paths: pathsOf(secret.items) };
  if (downwardAPI) return { what: () => "DownwardAPI", paths: pathsOf(downwardAPI.items) };
  if (serviceAccountToken) return { what: () => "ServiceAccountToken", paths: [serviceAccountToken.path] };
  if (clusterTrustBundle) {
    const { name, signerName, path } = clusterTrustBundle;
    return { what: () => named("ClusterTrustBundle", name ?? signerName), paths: [path] };
  }
  if (podCertificate === undefined) return undefined;
  const { credentialBundlePath, keyPath, certificateChainPath } = podCertificate;
  const given = [credentialBundlePath, keyPath, certificateChainPath].filter((path) => path !== undefined);
  return { what: () => `PodCertificate ${JSON.stringify(podCertificate.signerName)}`, paths: given };
}

/** Paths that are the same as one before them, or one of which is a folder of the other. */
function overlapsOf(taken: readonly string[], paths: readonly string[]): string[] {
  if (paths.length === 0 || taken.length + paths.length < 2) return [];
  const seen = taken.map(trimmed);
  return paths.map(trimmed).flatMap((path) => {
    const other = seen.find((each) => each === path || each.startsWith(`${path}/`) || path.startsWith(`${each}/`));
    seen.push(path);
    return other === undefined ? [] : [`${JSON.stringify(path)} with ${JSON.stringify(other)}`];
  });
}

const trimmed = (path: string): string => (path.endsWith("/") ? path.replace(/\/+$/, "") : path);
