import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { createTestAuthority, type TestPair } from "../../src/base/testing/certificates.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { refused } from "../support/refused.ts";

/** Certificates of somebody's own, as kubectl sees them and shows them. */
suite("kubectl and certificates that were given", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-e2e-given-"));
  const [company, people] = [createTestAuthority("company"), createTestAuthority("people")];
  let cluster: Cluster;

  function put(name: string, text: string): string {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  }
  const pair = (name: string, { cert, key }: TestPair): [string, string] => [
    put(`${name}.crt`, cert),
    put(`${name}.key`, key),
  ];

  before(async () => {
    const [certificate, key] = pair("api", company.issueFor("api", ["localhost"]));
    const words = ["--tls-cert-file", certificate, "--tls-private-key-file", key];
    const trust = ["--client-ca-file", put("people.crt", people.ca), "--goaway-chance", "0.02"];
    cluster = await startCluster({ words: ["--no-node", ...words, ...trust] });
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await cluster?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  /** As somebody who has nothing from the cluster. */
  function by(server: string, authority: string, [certificate, key]: readonly [string, string]): string[] {
    return [
      ...["--kubeconfig=/dev/null", `--server=https://${server}:${cluster.port}`],
      ...[`--certificate-authority=${authority}`, `--client-certificate=${certificate}`, `--client-key=${key}`],
    ];
  }

  test("who comes by a name is shown them, and is known by the authority that was given", async () => {
    const { kubectl } = cluster;
    const jane = pair("jane", people.issue("jane", "dev"));
    const authority = put("company.crt", company.ca);
    const whoami = ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username} {.status.userInfo.groups}"];
    assert.equal(
      await kubectl.ok(...whoami, ...by("localhost", authority, jane)),
      'jane ["dev","system:authenticated"]',
    );
    await kubectl.ok("create", "clusterrolebinding", "dev", "--clusterrole=view", "--group=dev");
    assert.match(await kubectl.ok("get", "configmaps", "-A", ...by("localhost", authority, jane)), /kube-root-ca\.crt/);
    const byAddress = kubectl("get", "configmaps", ...by("127.0.0.1", authority, jane));
    assert.match(await refused(byAddress), /certificate signed by unknown authority/);
    const stranger = pair("stranger", company.issue("jane", "dev"));
    assert.match(await refused(kubectl(...whoami, ...by("localhost", authority, stranger))), /Unauthorized|logged in/);
  });

  test("the cluster's own kubeconfig and its controllers go on", async () => {
    const { kubectl } = cluster;
    await kubectl.ok("create", "deployment", "web", "--image=web", "--replicas=2");
    await kubectl.ok("wait", "deployment/web", "--for=jsonpath={.status.replicas}=2", "--timeout=20s");
    const data = "jsonpath={.data.client-ca-file}";
    const published = await kubectl.ok(
      "get",
      "configmap",
      "-n",
      "kube-system",
      "extension-apiserver-authentication",
      "-o",
      data,
    );
    assert.ok(published.includes(people.ca.trim()));
  });
});
