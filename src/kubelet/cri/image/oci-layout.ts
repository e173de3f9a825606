import { createHash } from "node:crypto";
import { type TarEntry, writeTar } from "./tar.ts";

export interface OciImage {
  /** Full name with tag, e.g. `example.org/tools/shell:1`. */
  readonly reference: string;
  /** `amd64`, `arm64`. */
  readonly architecture: string;
  /** The files of each layer, the lowest first. */
  readonly layers: readonly (readonly TarEntry[])[];
  readonly config: {
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Env?: readonly string[];
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  };
}

/** The image as a tar archive of an OCI image layout (image-spec 1.0), which every runtime can import. */
export function ociImageTar(image: OciImage): Buffer {
  const layers = image.layers.map(writeTar);
  const config = json({
    architecture: image.architecture,
    os: "linux",
    config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], ...image.config },
    rootfs: { type: "layers", diff_ids: layers.map(digest) },
    history: [{ created_by: "wherry", comment: image.reference }],
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor(config, "application/vnd.oci.image.config.v1+json"),
    layers: layers.map((layer) => descriptor(layer, "application/vnd.oci.image.layer.v1.tar")),
  });
  const index = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...descriptor(manifest, "application/vnd.oci.image.manifest.v1+json"),
        platform: { architecture: image.architecture, os: "linux" },
        annotations: {
          "io.containerd.image.name": image.reference,
          "org.opencontainers.image.ref.name": image.reference.slice(image.reference.lastIndexOf(":") + 1),
        },
      },
    ],
  });
  return writeTar([
    { name: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) },
    { name: "index.json", content: index },
    { name: "blobs/" },
    { name: "blobs/sha256/" },
    ...[...layers, config, manifest].map((blob) => ({ name: `blobs/sha256/${digest(blob).slice(7)}`, content: blob })),
  ]);
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function descriptor(bytes: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: digest(bytes), size: bytes.length };
}
