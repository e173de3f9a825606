import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Cluster, startCluster, wherry } from "../support/cluster.ts";
import { assertNothingLeft, lookAtMachine, type Machine } from "../support/leftovers.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";
import { startProcess, type WherryProcess } from "./wherry-process.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

suite("an agent joins", { skip: withoutContainers() }, () => {
  let machine: Machine;
  let registry: Registry;
  let cluster: Cluster;
  let agent: WherryProcess | undefined;
  const directory = mkdtempSync(join(tmpdir(), "wherry-e2e-agent-"));

  before(async () => {
    registry = await startRegistry();
    machine = await lookAtMachine();
    cluster = await startCluster();
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await agent?.stop();
    await registry?.stop();
    await cluster?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const words = (token: string): string[] => [
    ...["agent", "--data-dir", directory, "--server", `https://127.0.0.1:${cluster.port}`],
    ...["--token", token, "--node-name", "second"],
  ];
  const token = (): string => readFileSync(join(cluster.dataDirectory, "agent-token"), "utf8").trim();

  test("a token of another cluster, or none at all, is refused before anything is sent", async () => {
    const [hash = "", secret = ""] = token().split(".");
    const other = await wherry(...words(`${hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))}.${secret}`));
    assert.equal(other.code, 1);
    assert.match(other.stderr, /it is not the cluster that the token is for/);
    const wrong = await wherry(...words(`${hash}.${"0".repeat(48)}`));
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /Unauthorized/);
    assert.equal((await wherry(...words("nonsense"))).code, 2);
  });

  test("the machine becomes a node, whose pods run and answer", async () => {
    agent = startProcess([MAIN, ...words(token())]);
    await agent.said(/agent runs/);
    const { kubectl } = cluster;
    await kubectl.ok("wait", "node/second", "--for=condition=Ready", "--timeout=20s");
    const image = registry.image("web:1");
    const overrides = JSON.stringify({ spec: { nodeName: "second" } });
    await kubectl.ok("run", "far", `--image=${image}`, `--overrides=${overrides}`);
    await kubectl.ok("wait", "pod/far", "--for=condition=Ready", "--timeout=30s");
    assert.equal(await kubectl.ok("exec", "far", "--", "sh", "-c", "echo $HOSTNAME"), "far\n");
    assert.match(await kubectl.ok("exec", "far", "--", "cat", "/etc/hosts"), /\tfar$/m);
    assert.match(
      await kubectl.ok("get", "--raw", "/api/v1/namespaces/default/pods/far:80/proxy/"),
      /^version 1 from far/,
    );
    assert.match(await kubectl.ok("logs", "far"), /GET \/ /);
  });

  test("it comes back with the certificate that it has, and leaves nothing when it ends", async () => {
    const requests = async (): Promise<number> =>
      (await cluster.kubectl.ok("get", "csr", "-o", "name")).split("\n").filter((line) => line !== "").length;
    const before = await requests();
    assert.equal(await agent?.stop(), 0);
    agent = startProcess([MAIN, ...words(token())]);
    await agent.said(/agent runs/);
    assert.equal(await requests(), before + 1, "only the server's certificate is asked for again");
    assert.equal(await agent.stop(), 0);
    agent = undefined;
    await assertNothingLeft(machine, { dataDirectory: directory });
    await cluster.down();
    await assertNothingLeft(machine, cluster);
  });
});
