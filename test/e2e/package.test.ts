import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { kubectlOf } from "./kubectl.ts";
import { startProcess } from "./wherry-process.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");

test("the package installs without a network, and its command runs a cluster", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "wherry-package-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  // The build is part of packing (prepack).
  await run("npm", ["pack", "--pack-destination", directory], { cwd: ROOT });
  const [archive = ""] = await readdir(directory);
  assert.match(archive, /^wherry-.*\.tgz$/);
  const prefix = join(directory, "installed");
  await run("npm", [
    "install",
    "--global",
    "--prefix",
    prefix,
    "--offline",
    "--ignore-scripts",
    join(directory, archive),
  ]);
  const installed = join(prefix, "lib/node_modules/wherry");
  assert.deepEqual((await readdir(installed)).includes("node_modules"), false, "it needs no other package");
  assert.ok((await stat(join(installed, "dist/NOTICE"))).size > 1000);

  const wherry = join(prefix, "bin/wherry");
  const environment = { WHERRY_CACHE_DIR: join(directory, "cache") };
  const call = async (...words: string[]): Promise<string> =>
    (await run(wherry, words, { cwd: "/", env: { ...process.env, ...environment } })).stdout;
  assert.match(await call("version"), /^wherry \d+\.\d+\.\d+, Kubernetes API v1\.36\./);
  assert.match(await call("--help"), /Usage: wherry <command>/);

  const data = join(directory, "data");
  const cluster = startProcess([wherry, "up", "--no-node", "--data-dir", data, "--port", "0"], environment);
  context.after(() => cluster.stop());
  await cluster.said(/^Ready in /m);
  const kubectl = kubectlOf(join(data, "kubeconfig"));
  // From bytes to typed client and back: discovery, schema, protobuf, descriptions.
  assert.match(await kubectl("create", "configmap", "one", "--from-literal=a=b"), /configmap\/one created/);
  assert.match(await kubectl("explain", "pod.spec.containers.image"), /DESCRIPTION/);
  assert.match(await kubectl("get", "--raw", "/readyz"), /ok/);
  await call("down", "--data-dir", data);
  assert.equal(await cluster.stop(), 0);
});
