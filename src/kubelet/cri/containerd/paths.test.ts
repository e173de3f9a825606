import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isFreeForNetwork, removeCniConfig, writeCniConfig } from "../cni.ts";
import { containerdConfig } from "./config.ts";
import { lengthDelimited } from "./events.ts";
import { OCI_RUNTIMES } from "./oci-runtimes.ts";
import { clusterId, privateContainerdPaths } from "./paths.ts";

test("the socket's path is short however deep the data directory lies", () => {
  const paths = privateContainerdPaths(`/home/${"deep/".repeat(60)}data`);
  assert.ok(paths.socket.length < 100);
  assert.notEqual(clusterId("/a"), clusterId("/b"));
});

test("a run directory that is too long is refused", () => {
  assert.throws(() => privateContainerdPaths("/data", `/tmp/${"x".repeat(100)}`), RangeError);
});

test("paths with quotes do not break the configuration", () => {
  const paths = privateContainerdPaths('/data "here"');
  const machine = {
    mayLowerOomScore: false,
    snapshotter: "native",
    cniBinDirectory: "/opt/cni/bin",
    ociRuntimes: OCI_RUNTIMES.map((runtime) => ({ ...runtime, path: `/opt/"bin"/${runtime.program}` })),
  } as const;
  const text = containerdConfig({ paths, machine, sandboxImage: "pause:1" });
  assert.match(text, /root = "\/data \\"here\\"\/containerd\/root"/);
  assert.match(text, /restrict_oom_score_adj = true/);
  assert.match(text, /snapshotter = "native"/);
  assert.match(text, /runtimes\.crun\.options\]\n {2}BinaryName = "\/opt\/\\"bin\\"\/crun"/);
  assert.match(text, /runtimes\.kata\]\n {2}runtime_type = "io\.containerd\.kata\.v2"\n\n/);
});

test("somebody else's network is told from ours", async () => {
  const directory = await mkdtemp(join(tmpdir(), "wherry-cni-"));
  const network = { bridge: "b", podCidrs: ["10.0.0.0/24"], addressDirectory: "/a" };
  try {
    assert.equal(await isFreeForNetwork(directory, "wherry-1"), true);
    assert.equal(await writeCniConfig(directory, { ...network, name: "wherry-1" }), true);
    assert.equal(await writeCniConfig(directory, { ...network, name: "wherry-1" }), false);
    assert.equal(await isFreeForNetwork(directory, "wherry-1"), true);
    assert.equal(await isFreeForNetwork(directory, "wherry-2"), false);
    await removeCniConfig(directory);
    await writeFile(join(directory, "10-flannel.conflist"), "{}");
    assert.equal(await isFreeForNetwork(directory, "wherry-1"), false);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("finds a text in a protobuf message", () => {
  // Any{type_url: "t", value: {container_id: "abc"}}
  const message = Buffer.from([0x0a, 1, 0x74, 0x12, 5, 0x0a, 3, 0x61, 0x62, 0x63]);
  assert.equal(lengthDelimited(lengthDelimited(message, 2)!, 1)?.toString(), "abc");
  assert.equal(lengthDelimited(message, 3), undefined);
  assert.equal(lengthDelimited(Buffer.from([0x0a]), 1), undefined);
});
