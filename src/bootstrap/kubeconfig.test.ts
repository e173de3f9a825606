import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { kubeconfigText, writeKubeconfig } from "./kubeconfig.ts";

const base = { server: "https://127.0.0.1:6443", certificateAuthority: "AUTHORITY\n", user: "kubernetes-admin" };

test("is one cluster, one user, one context", async () => {
  const { load } = await import("js-yaml");
  const text = kubeconfigText({ ...base, credentials: { certificate: "CERTIFICATE\n", key: "KEY\n" } });
  const encoded = (plain: string): string => Buffer.from(plain).toString("base64");
  assert.deepEqual(load(text), {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "wherry",
        cluster: { server: base.server, "certificate-authority-data": encoded("AUTHORITY\n") },
      },
    ],
    users: [
      {
        name: "kubernetes-admin",
        user: { "client-certificate-data": encoded("CERTIFICATE\n"), "client-key-data": encoded("KEY\n") },
      },
    ],
    contexts: [{ name: "wherry", context: { cluster: "wherry", user: "kubernetes-admin" } }],
    "current-context": "wherry",
    preferences: {},
  });
});

test("names that YAML would misread come back as they were", async () => {
  const { load } = await import("js-yaml");
  for (const name of ["true", "null", "12", "a: b", 'say "hi"', "system:node:boat", "é", "- x"]) {
    const options = { ...base, user: name, cluster: name, namespace: name, credentials: { token: name } };
    const config = load(kubeconfigText(options)) as {
      users: { name: string; user: { token: string } }[];
      contexts: { context: { namespace: string } }[];
    };
    assert.equal(config.users[0]?.name, name);
    assert.equal(config.users[0]?.user.token, name);
    assert.equal(config.contexts[0]?.context.namespace, name);
  }
});

test("is written for its owner alone and replaced whole", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-kubeconfig-"));
  try {
    const path = join(directory, "new", "admin.conf");
    for (const token of ["first-token-that-is-long", "second"]) {
      writeKubeconfig(path, { ...base, credentials: { token } });
      assert.equal(readFileSync(path, "utf8"), kubeconfigText({ ...base, credentials: { token } }));
      assert.equal(statSync(path).mode & 0o777, 0o600);
    }
    assert.equal(statSync(join(directory, "new")).mode & 0o777, 0o700);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a server may be known by another name than the one by which it is reached", async () => {
  const { load } = await import("js-yaml");
  const text = kubeconfigText({ ...base, tlsServerName: "kubernetes.default.svc", credentials: { token: "t" } });
  const { clusters } = load(text) as { clusters: { cluster: Record<string, string> }[] };
  assert.equal(clusters[0]?.cluster["tls-server-name"], "kubernetes.default.svc");
});
