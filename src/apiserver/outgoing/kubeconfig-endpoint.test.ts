import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { KubeconfigEndpointError, parseEndpoint, readEndpoint } from "./kubeconfig-endpoint.ts";

const config = (cluster: object, user: object = {}, current = "webhook"): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "there", cluster }],
    users: [{ name: "me", user }],
    contexts: [{ name: "webhook", context: { cluster: "there", user: "me" } }],
    "current-context": current,
  });
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("a webhook's kubeconfig says where it is and who we are", async () => {
  const cluster = { server: "https://hook.example.com/x", "certificate-authority-data": base64("CA") };
  const user = { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY"), token: "secret" };
  assert.deepEqual(await parseEndpoint(config(cluster, user), "f"), {
    url: "https://hook.example.com/x",
    authorities: "CA",
    insecureSkipVerify: false,
    clientCertificate: { certificate: "CERT", key: "KEY" },
    bearerToken: "secret",
  });
});

test("files that it names are beside it", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "endpoint-"));
  try {
    await writeFile(path.join(folder, "ca.pem"), "CA");
    await writeFile(path.join(folder, "token"), "secret\n");
    const file = path.join(folder, "config");
    const cluster = { server: "https://hook", "certificate-authority": "ca.pem" };
    await writeFile(file, config(cluster, { tokenFile: "token" }));
    const endpoint = await readEndpoint(file);
    assert.equal(endpoint.authorities, "CA");
    assert.equal(endpoint.bearerToken, "secret");
    await writeFile(file, config({ server: "https://hook", "certificate-authority": "gone.pem" }));
    await assert.rejects(readEndpoint(file), /cannot read .*gone\.pem, which .*config names/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a user that is not listed has no credentials", async () => {
  const text = config({ server: "https://hook" }, { token: "secret" }).replace('"name":"me"', '"name":"you"');
  const endpoint = await parseEndpoint(text, "f");
  assert.equal(endpoint.url, "https://hook");
  assert.equal(endpoint.bearerToken, undefined);
});

const wrong: [string, string, RegExp][] = [
  ["no YAML", "{", /is not YAML/],
  ["another context", config({ server: "https://hook" }, {}, "other"), /context "other" is not in f/],
  ["another scheme", config({ server: "ftp://hook" }), /must be an http or https URL/],
  [
    "a certificate without its key",
    config({ server: "https://hook" }, { "client-certificate-data": base64("CERT") }),
    /client-certificate and client-key must be given together/,
  ],
];
for (const [name, text, message] of wrong) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(parseEndpoint(text, "f"), (error: unknown) => {
      assert.match((error as Error).message, message);
      return error instanceof KubeconfigEndpointError;
    });
  });
}
