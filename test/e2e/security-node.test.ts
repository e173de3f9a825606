import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import { type Cluster, startCluster, wherry } from "../support/cluster.ts";
import { withoutContainers } from "../support/requirements.ts";

suite("a node as it comes", { skip: withoutContainers() }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  const seen = async (): Promise<Map<string, string>> => {
    const { stdout, stderr } = await wherry(
      "check",
      "security",
      "--output",
      "json",
      "--data-dir",
      cluster.dataDirectory,
    );
    assert.notEqual(stdout, "", stderr);
    const { findings } = JSON.parse(stdout) as { findings: { id: string; result: string }[] };
    return new Map(findings.map(({ id, result }) => [id, result]));
  };

  test("its kubelet passes the benchmark's checks", async () => {
    const results = await seen();
    assert.deepEqual(
      [...results].filter(([, result]) => result === "FAIL"),
      [],
    );
    for (const id of ["4.2.1", "4.2.2", "4.2.3", "4.2.4", "4.2.9", "4.2.12"]) assert.equal(results.get(id), "PASS", id);
  });

  test("its kubelet goes on through an exchange of the authorities, and pods see both", async () => {
    const { kubectl, dataDirectory } = cluster;
    const rotate = await wherry("certs", "rotate", "--data-dir", dataDirectory);
    assert.equal(rotate.code, 0, rotate.stderr);
    assert.equal((await seen()).get("4.2.3"), "PASS");
    const finish = await wherry("certs", "rotate", "--finish", "--data-dir", dataDirectory);
    assert.equal(finish.code, 0, finish.stderr);
    const results = await seen();
    assert.deepEqual(
      [...results].filter(([, result]) => result === "FAIL"),
      [],
    );
    await kubectl.ok("wait", "nodes", "--all", "--for=condition=Ready", "--timeout=20s");
  });
});
