import assert from "node:assert/strict";
import { test } from "node:test";
import { extract } from "tar-stream";
import { ociImageTar } from "./oci-layout.ts";
import { writeTar } from "./tar.ts";

async function read(
  archive: Buffer,
): Promise<Map<string, { type: string; mode: number; linkname: string; content: string }>> {
  const found = new Map<string, { type: string; mode: number; linkname: string; content: string }>();
  const extractor = extract();
  extractor.on("entry", ({ name, type, mode, linkname }, stream, next) => {
    let content = "";
    stream.on("data", (chunk) => {
      content += String(chunk);
    });
    stream.on("end", () => {
      found.set(name, { type: String(type), mode: mode ?? 0, linkname: linkname ?? "", content });
      next();
    });
  });
  await new Promise<void>((resolve, reject) => {
    extractor.on("finish", resolve);
    extractor.on("error", reject);
    extractor.end(archive);
  });
  return found;
}

test("another program reads the archive as it was meant", async () => {
  const found = await read(
    writeTar([
      { name: "bin/" },
      { name: "bin/tool", mode: 0o755, content: Buffer.from("x".repeat(513)) },
      { name: "bin/link", linkTarget: "tool" },
      { name: "empty" },
    ]),
  );
  assert.deepEqual([...found.keys()], ["bin/", "bin/tool", "bin/link", "empty"]);
  assert.equal(found.get("bin/")?.type, "directory");
  assert.equal(found.get("bin/tool")?.content.length, 513);
  assert.equal(found.get("bin/tool")?.mode, 0o755);
  assert.equal(found.get("bin/link")?.linkname, "tool");
  assert.equal(found.get("empty")?.content, "");
});

test("a name that does not fit is refused", () => {
  assert.throws(() => writeTar([{ name: "x".repeat(101) }]), RangeError);
});

test("an image layout names its blobs by their digests", async () => {
  const image = { reference: "example.org/tool:1", architecture: "amd64", layers: [[]], config: { Cmd: ["/tool"] } };
  const found = await read(ociImageTar(image));
  const index = JSON.parse(found.get("index.json")!.content);
  assert.equal(index.manifests[0].annotations["io.containerd.image.name"], "example.org/tool:1");
  const blob = (digest: string) => found.get(`blobs/sha256/${digest.slice(7)}`)!.content;
  const manifest = JSON.parse(blob(index.manifests[0].digest));
  const config = JSON.parse(blob(manifest.config.digest));
  assert.deepEqual(config.config.Cmd, ["/tool"]);
  assert.equal(config.rootfs.diff_ids[0], manifest.layers[0].digest);
});
