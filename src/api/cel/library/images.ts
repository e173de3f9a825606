import { failure } from "../evaluate/failure.ts";
import type { OpaqueValue as Opaque } from "../evaluate/values.ts";
import { OpaqueValue } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";

const name = "kubernetes.Image";
const defaultRegistry = "index.docker.io";

/** An image reference taken apart. It has a tag or a digest, not both: with both the digest counts. */
class ImageValue extends OpaqueValue {
  override readonly typeName = name;
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  constructor(parts: { registry: string; repository: string; tag: string; digest: string }) {
    super();
    this.registry = parts.registry;
    this.repository = parts.repository;
    this.tag = parts.tag;
    this.digest = parts.digest;
  }
  get identifier(): string {
    return this.digest === "" ? this.tag : this.digest;
  }
  equals(other: Opaque): boolean {
    return (
      other instanceof ImageValue &&
      other.registry === this.registry &&
      other.repository === this.repository &&
      other.identifier === this.identifier
    );
  }
}

/** Undefined when it is no reference. */
function parseImage(text: string): ImageValue | undefined {
  const at = text.indexOf("@");
  const digest = at < 0 ? "" : text.slice(at + 1);
  if (at >= 0 && !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const before = at < 0 ? text : text.slice(0, at);
  const colon = before.lastIndexOf(":");
  const hasTag = colon >= 0 && !before.includes("/", colon);
  const tag = hasTag ? before.slice(colon + 1) : "latest";
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(tag)) return undefined;
  const place = placeOf(hasTag ? before.slice(0, colon) : before);
  return place === undefined ? undefined : new ImageValue({ ...place, tag: digest === "" ? tag : "", digest });
}

function placeOf(path: string): { registry: string; repository: string } | undefined {
  const slash = path.indexOf("/");
  const first = path.slice(0, Math.max(0, slash));
  const hasRegistry = /[.:]/.test(first);
  const repository = hasRegistry ? path.slice(slash + 1) : path;
  const isValid =
    /^[a-z0-9_.-]+(?:\/[a-z0-9_.-]+)*$/.test(repository) && repository.length >= 2 && repository.length <= 255;
  if (!isValid || (hasRegistry && !/^[A-Za-z0-9.-]+(?::\d+)?$/.test(first))) return undefined;
  const registry = hasRegistry ? first : defaultRegistry;
  const isLibrary = registry === defaultRegistry && !repository.includes("/");
  return { registry, repository: isLibrary ? `library/${repository}` : repository };
}

export const images: readonly Overload[] = [
  global("image", ["string"], name, (text: string) => {
    const image = parseImage(text);
    if (image === undefined) throw failure(`could not parse reference: ${text}`);
    return image;
  }),
  global("isImage", ["string"], "bool", (text: string) => parseImage(text) !== undefined),
  member("containsDigest", [name], "bool", (image: ImageValue) => image.digest !== ""),
  ...(["registry", "repository", "identifier", "tag", "digest"] as const).map((part) =>
    member(part, [name], "string", (image: ImageValue) => image[part]),
  ),
];
