import { joined } from "../../base/joined.ts";
import type { PersistentVolumeClaimSpec, Volume, VolumeProjection } from "../generated/core/v1.ts";
import { fractionWarnings } from "./fraction-warnings.ts";

/** Sources whose drivers are gone, with the name that upstream's warning has for them. */
const DEPRECATED: readonly (readonly [source: string, name: string, text: string])[] = [
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
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

/** A file in a volume, and where it is from. */
interface File {
  readonly path: string;
  readonly source: string;
}

type Items = readonly { path: string }[] | undefined;

const filesOf = (items: Items, source = ""): File[] => (items ?? []).map(({ path }) => ({ path, source }));

/** Files that lie in each other's place. */
function overlapWarnings(volume: Volume): string[] {
  const { name, configMap, secret, downwardAPI, projected } = volume;
  const tell = (files: readonly File[], what: () => string): string[] =>
    overlapsOf(files).map((each) => `volume ${JSON.stringify(name)} (${what()}): overlapping paths: ${each}`);
  const empty = (projected?.sources ?? []).filter((source) =>
    Object.values(source).every((each) => each === undefined),
  );
  return joined(
    tell(filesOf(configMap?.items), () => `ConfigMap ${JSON.stringify(configMap?.name ?? "")}`),
    tell(filesOf(secret?.items), () => `Secret ${JSON.stringify(secret?.secretName ?? "")}`),
    tell(filesOf(downwardAPI?.items), () => "DownwardAPI"),
    empty.map(() => `volume ${JSON.stringify(name)} (Projected) has no sources provided`),
    tell((projected?.sources ?? []).flatMap(projectedFiles), () => "Projected"),
  );
}

function projectedFiles(source: VolumeProjection): File[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  if (configMap?.items) return filesOf(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? "")}`);
  if (secret?.items) return filesOf(secret.items, `Secret ${JSON.stringify(secret.name ?? "")}`);
  if (downwardAPI?.items) return filesOf(downwardAPI.items, "DownwardAPI");
  if (serviceAccountToken) return [{ path: serviceAccountToken.path, source: "ServiceAccountToken" }];
  if (clusterTrustBundle) {
    const { name, signerName, path } = clusterTrustBundle;
    return [{ path, source: `ClusterTrustBundle ${JSON.stringify(name ?? signerName ?? "")}` }];
  }
  const { certificateChainPath = "", keyPath = "", credentialBundlePath = "" } = podCertificate ?? {};
  return [
    { path: certificateChainPath, source: "PodCertificate chain" },
    { path: keyPath, source: "PodCertificate key" },
    { path: credentialBundlePath, source: "PodCertificate credential bundle" },
  ];
}

/** Each pair of files of which one is the other, or lies where the other would have to be a folder. */
function overlapsOf(files: readonly File[]): string[] {
  if (files.length < 2) return [];
  const overlaps: string[] = [];
  const seen: File[] = [];
  for (const { path, source } of files) {
    const file = { path: trimmed(path), source };
    if (file.path === "") continue;
    for (const other of seen) if (isOver(file.path, other.path)) overlaps.push(`${shown(file)} with ${shown(other)}`);
    seen.push(file);
  }
  return overlaps;
}

const isOver = (path: string, other: string): boolean =>
  path === other || path.startsWith(`${other}/`) || other.startsWith(`${path}/`);

const shown = ({ path, source }: File): string => JSON.stringify(path) + (source === "" ? "" : ` (${source})`);

const trimmed = (path = ""): string => (path.endsWith("/") ? path.replace(/\/+$/, "") : path);
