import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar-stream";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { type TestImage, testImages } from "./images.ts";
import { start } from "./run.ts";

export interface Registry {
  /** `127.0.0.1:<port>`: image names begin with it. */
  readonly host: string;
  /** Full name of an image in it. */
  image(name: string): string;
  /** Puts an image there. */
  push(image: TestImage): Promise<void>;
  stop(): Promise<void>;
}

/** Debian's docker-registry on a free loopback port, with all test images in it. */
export async function startRegistry(): Promise<Registry> {
  const directory = mkdtempSync(join(tmpdir(), "wherry-registry-"));
  const host = `127.0.0.1:${await freePort()}`;
  const configuration = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, "data") } },
    http: { addr: host },
  };
  // YAML is a superset of JSON.
  writeFileSync(join(directory, "config.yml"), JSON.stringify(configuration));
  const server = start("docker-registry", ["serve", join(directory, "config.yml")], { cwd: directory });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await eventually(`docker-registry serves on ${host}: ${server.stderr()}`, async () => {
      if (server.child.exitCode !== null) throw new Error(server.stderr());
      return (await fetch(`http://${host}/v2/`)).ok;
    });
    const registry: Registry = { host, image: (name) => `${host}/${name}`, push: (image) => push(host, image), stop };
    for (const image of await testImages()) await registry.push(image);
    return registry;
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

/** The registry's own protocol (distribution-spec): every blob, then the manifest under its tag. */
async function push(host: string, image: TestImage): Promise<void> {
  const [repository, tag] = image.name.split(":") as [string, string];
  const base = `http://${host}/v2/${repository}`;
  const files = await untar(image.layout);
  const index = JSON.parse(files.get("index.json")!.toString()) as { manifests: Descriptor[] };
  const [descriptor] = index.manifests;
  const bytes = blob(files, descriptor!);
  const manifest = JSON.parse(bytes.toString()) as { config: Descriptor; layers: Descriptor[] };
  for (const each of [manifest.config, ...manifest.layers]) {
    const begun = await request(`${base}/blobs/uploads/`, "POST");
    const url = new URL(begun.headers.get("location")!, base);
    url.searchParams.set("digest", each.digest);
    await request(url.href, "PUT", { body: blob(files, each), type: "application/octet-stream" });
  }
  await request(`${base}/manifests/${tag}`, "PUT", { body: bytes, type: descriptor!.mediaType });
}

async function request(url: string, method: string, content?: { body: Buffer; type: string }): Promise<Response> {
  const init = content && { body: new Uint8Array(content.body), headers: { "content-type": content.type } };
  const response = await fetch(url, { method, ...init });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return response;
}

function blob(files: ReadonlyMap<string, Buffer>, { digest }: Descriptor): Buffer {
  const [algorithm, hash] = digest.split(":") as [string, string];
  const bytes = files.get(`blobs/${algorithm}/${hash}`);
  if (bytes === undefined) throw new Error(`the image layout has no blob ${digest}`);
  if (createHash(algorithm).update(bytes).digest("hex") !== hash) throw new Error(`blob ${digest} has other content`);
  return bytes;
}

async function untar(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    files.set(entry.header.name, Buffer.concat(parts));
  }
  return files;
}
