import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { withoutContainers } from "../support/requirements.ts";

const LOGS = "/var/log";
const SERVICE = `wherry-test-${process.pid}`;

/** The machine's own logs, through the node and the API server. */
suite("a node's logs", { skip: withoutContainers() }, () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let logs: string;

  before(async () => {
    writeFileSync(join(LOGS, `${SERVICE}.log`), "it logged\n");
    cluster = await startCluster({ words: ["--enable-system-log-query"] });
    kubectl = cluster.kubectl;
    const name = (await kubectl.ok("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")).trim();
    logs = `/api/v1/nodes/${name}/proxy/logs/`;
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    rmSync(join(LOGS, `${SERVICE}.log`), { force: true });
    await cluster?.remove();
  });

  test("directories, files and services", async () => {
    const page = await kubectl.ok("get", "--raw", logs);
    const names = readdirSync(LOGS, { withFileTypes: true }).filter((entry) => /^[\w.-]+$/.test(entry.name));
    for (const entry of names) {
      const name = entry.isDirectory() ? `${entry.name}/` : entry.name;
      assert.ok(
        page.includes(`href="${logs}${name}">${name}</a>`) || page.includes(`href="${name}">${name}</a>`),
        page,
      );
    }
    const path = `${SERVICE}.log`;
    assert.equal(await kubectl.ok("get", "--raw", logs + path), readFileSync(join(LOGS, path), "utf8"));
    assert.equal(await kubectl.ok("get", "--raw", `${logs}?query=${SERVICE}`), "it logged\n");
    assert.match((await kubectl("get", "--raw", `${logs}?query=/none.log`)).stderr, /no such file or directory/);
    assert.match(
      (await kubectl("get", "--raw", `${logs}none`)).stderr,
      /the server could not find the requested resource/,
    );
  });

  test("who may, may ask the node for them, and others not", async () => {
    const as = (...words: string[]) => kubectl(...words, "--as=reader");
    assert.match((await as("get", "--raw", logs)).stderr, /cannot get resource "nodes\/proxy"/);
    await kubectl.ok("create", "clusterrole", "asks-nodes", "--verb=get", "--resource=nodes/proxy");
    await kubectl.ok("create", "clusterrolebinding", "asks-nodes", "--clusterrole=asks-nodes", "--user=reader");
    assert.match((await as("get", "--raw", logs)).stdout, /<pre>/);
  });
});
