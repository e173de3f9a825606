import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { KubeconfigError, parseKubeconfig, readKubeconfig } from "./kubeconfig.ts";

const BY_DATA = `
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c
  cluster:
    server: https://127.0.0.1:6443
    certificate-authority-data: ${Buffer.from("CA").toString("base64")}
contexts:
- name: one
  context: { cluster: c, user: u, namespace: shop }
- name: two
  context: { cluster: c, user: t }
- name: three
  context: { cluster: c, user: e }
users:
- name: u
  user:
    client-certificate-data: ${Buffer.from("CERT").toString("base64")}
    client-key-data: ${Buffer.from("KEY").toString("base64")}
- name: t
  user: { tokenFile: token }
- name: e
  user: { exec: { command: aws } }
`;

describe("kubeconfig", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "kubeconfig-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("reads the current context with its certificates", async () => {
    const access = await parseKubeconfig(BY_DATA, { file: "/x/config" });
    assert.equal(access.server, "https://127.0.0.1:6443");
    assert.equal(access.namespace, "shop");
    assert.equal(access.certificateAuthority, "CA");
    assert.equal(access.clientCertificate, "CERT");
    assert.equal(access.clientKey, "KEY");
  });

  it("takes a user of whom only the name is said", async () => {
    const text = JSON.stringify({
      clusters: [{ name: "a", cluster: { server: "https://a:6443" } }],
      users: [{ name: "nobody" }],
      contexts: [{ name: "one", context: { cluster: "a", user: "nobody" } }],
      "current-context": "one",
    });
    const access = await parseKubeconfig(text, { file: "config" });
    assert.deepEqual([access.server, access.token], ["https://a:6443", undefined]);
    const other = parseKubeconfig(text.replace('"users":[{"name":"nobody"}]', '"users":[]'), { file: "config" });
    await assert.rejects(other, /user "nobody" is not in config/);
  });

  it("reads a token's file relative to the kubeconfig, each time anew", async () => {
    const file = path.join(folder, "config");
    await writeFile(file, BY_DATA);
    await writeFile(path.join(folder, "token"), "first\n");
    const access = await readKubeconfig(file, "two");
    assert.equal(access.namespace, "default");
    assert.equal(await access.token?.(), "first");
    await writeFile(path.join(folder, "token"), "second\n");
    assert.equal(await access.token?.(), "second");
  });

  for (const [what, text, context, message] of [
    ["an unknown context", BY_DATA, "nine", /context "nine" is not in/],
    ["an exec plugin", BY_DATA, "three", /signs in by "exec", which is not supported/],
    ["no current context", "apiVersion: v1", undefined, /has no current-context/],
    ["a broken file", "a: [", undefined, /is not YAML/],
  ] as const) {
    it(`says so when it finds ${what}`, async () => {
      await assert.rejects(parseKubeconfig(text, { file: "config", context }), (error) => {
        assert.ok(error instanceof KubeconfigError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("says so when the file is not there", async () => {
    await assert.rejects(readKubeconfig(path.join(folder, "none")), /cannot read the kubeconfig/);
  });
});
