import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { type Cluster, startCluster, wherry } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { start } from "../support/run.ts";

/** What needs no container, so it runs everywhere and without root too: the command, and what is kept. */
suite("the command, with a control plane alone", () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({ words: ["--no-node"] });
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  test("it says each step with its time, and what to do next", async () => {
    await eventually("the last line", () => /^Stop with Ctrl-C/m.test(cluster.said()));
    for (const step of ["store", "keys", "API server", "defaults", "controllers", "scheduler"])
      assert.match(cluster.said(), new RegExp(`^✓ ${step} +\\d+ ms`, "m"));
    assert.match(cluster.said(), /^Kubeconfig: \/.*\/kubeconfig$/m);
    assert.match(cluster.said(), /kubectl get nodes/);
  });

  test("kubectl finds a server of Kubernetes 1.36", async () => {
    const version = JSON.parse(await cluster.kubectl.ok("version", "-o", "json")) as {
      serverVersion: { gitVersion: string; minor: string };
    };
    assert.equal(version.serverVersion.minor, "36");
    assert.match(version.serverVersion.gitVersion, /^v1\.36\./);
  });

  test("status and kubeconfig tell people and scripts", async () => {
    const json = await wherry("status", "--data-dir", cluster.dataDirectory, "--output", "json");
    const status = JSON.parse(json.stdout) as Record<string, unknown>;
    assert.equal(status.running, true);
    assert.equal(status.pid, cluster.pid());
    assert.equal(status.url, `https://127.0.0.1:${cluster.port}`);
    const text = await wherry("status", "--data-dir", cluster.dataDirectory);
    assert.match(text.stdout, new RegExp(`process ${cluster.pid()}`));
    const path = await wherry("kubeconfig", "--data-dir", cluster.dataDirectory, "--path");
    assert.equal(path.stdout.trim(), join(cluster.dataDirectory, "kubeconfig"));
    const content = await wherry("kubeconfig", "--data-dir", cluster.dataDirectory);
    assert.equal(content.stdout.trim(), readFileSync(path.stdout.trim(), "utf8").trim());
  });

  test("a second up says what runs already and ends well", async () => {
    const second = await wherry("up", "--data-dir", cluster.dataDirectory, "--no-node");
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, new RegExp(`already runs .*process ${cluster.pid()}`));
    assert.equal(await cluster.kubectl.ok("get", "--raw", "/readyz"), "ok");
  });

  test("another directory on the same port is refused with the reason", async () => {
    const directory = mkdtempSync(join(tmpdir(), "wherry-e2e-"));
    try {
      const other = await wherry("up", "--data-dir", directory, "--port", String(cluster.port), "--no-node");
      assert.equal(other.code, 5, other.stderr);
      assert.match(other.stderr, new RegExp(`port ${cluster.port}\\b.*in use`));
      assert.match(other.stderr, /--port/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("down and up find the same objects, killed or not", async () => {
    await cluster.kubectl.ok("create", "configmap", "kept", "--from-literal=a=b");
    const uid = async (): Promise<string> =>
      (await cluster.kubectl.get<{ metadata: { uid: string } }>("configmap", "kept")).metadata.uid;
    const before = await uid();
    assert.equal((await cluster.down()).code, 0);
    assert.equal((await wherry("status", "--data-dir", cluster.dataDirectory)).code, 3);
    await cluster.up();
    assert.equal(await uid(), before);
    await cluster.kubectl.ok("create", "configmap", "after", "--from-literal=a=b");
    await cluster.kill();
    await cluster.up();
    assert.equal(await uid(), before);
    await cluster.kubectl.ok("get", "configmap", "after");
  });

  test("--detach comes back when the cluster is ready and leaves it running", async () => {
    const directory = mkdtempSync(join(tmpdir(), "wherry-e2e-"));
    try {
      const port = String(await freePort());
      const up = await wherry("up", "--data-dir", directory, "--port", port, "--no-node", "--detach");
      assert.equal(up.code, 0, up.stderr);
      assert.match(up.stderr, /^Ready in /m);
      assert.equal((await wherry("status", "--data-dir", directory)).code, 0);
      const down = await wherry("down", "--data-dir", directory, "--delete-data");
      assert.equal(down.code, 0, down.stderr);
      assert.equal(existsSync(directory), false);
    } finally {
      await wherry("down", "--data-dir", directory);
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

suite("a command line or a machine that is not right", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "wherry-e2e-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const wrong: readonly [string, string[], number, RegExp][] = [
    ["an unknown command", ["upp"], 2, /no command "upp"/],
    ["an unknown option", ["up", "--dir", "x"], 2, /--dir.*\n.*--help/],
    ["a port that is none", ["up", "--port", "70000"], 2, /--port .*70000/],
    ["a runtime that is none", ["up", "--runtime", "docker"], 2, /--runtime .*docker/],
    ["a node's name that is none", ["up", "--node-name", "A_b"], 2, /--node-name/],
    ["an output format that is none", ["status", "--output", "yaml"], 2, /--output .*yaml/],
    ["contradicting options", ["down", "--keep-pods", "--delete-data"], 2, /contradict/],
    ["status of nothing", ["status"], 3, /^$/],
    ["a kubeconfig of nothing", ["kubeconfig"], 3, /no kubeconfig at .*wherry up/],
    ["down of nothing", ["down"], 3, /No cluster runs/],
  ];
  for (const [what, [command, ...words], code, message] of wrong) {
    test(`${what}: exit code ${code}`, async () => {
      const place = ["status", "kubeconfig", "down", "up"].includes(command!)
        ? ["--data-dir", join(directory, "x")]
        : [];
      const result = await wherry(command!, ...place, ...words);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, message);
    });
  }

  test("every command has help with an example", async () => {
    const list = (await wherry("--help")).stdout.match(/^ {2}[a-z-]+(?= {2})/gm)!.map((line) => line.trim());
    assert.ok(list.includes("up") && list.includes("agent"), list.join());
    for (const command of list.filter((each) => each !== "kubectl")) {
      const help = await wherry(command, "--help");
      assert.equal(help.code, 0);
      assert.match(help.stdout, new RegExp(`Examples?:\\n {2}.*wherry ${command}`), command);
    }
  });

  test("a data directory that is a file", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    const result = await wherry("up", "--data-dir", file, "--no-node");
    assert.equal(result.code, 1);
    assert.match(result.stderr, /cannot use the data directory .*--data-dir/);
  });

  test("a port that some other program listens on", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const result = await wherry("up", "--data-dir", join(directory, "port"), "--port", String(port), "--no-node");
    other.close();
    assert.equal(result.code, 5, result.stderr);
    assert.match(result.stderr, new RegExp(`port ${port}\\b.*in use`));
  });

  test("a damaged store is named, and nothing of it is lost", async () => {
    const cluster = await startCluster({ words: ["--no-node"] });
    try {
      await cluster.down();
      const store = join(cluster.dataDirectory, "store");
      const file = join(store, readdirSync(store).find((name) => /\.(db|sqlite)$/.test(name)) ?? "");
      const good = readFileSync(file);
      const bad = Buffer.from(good);
      bad.fill(0x5a, 0, 4096);
      writeFileSync(file, bad);
      const result = await wherry(
        "up",
        "--data-dir",
        cluster.dataDirectory,
        "--port",
        String(cluster.port),
        "--no-node",
      );
      assert.equal(result.code, 1);
      assert.match(result.stderr, /store/);
      assert.doesNotMatch(result.stderr, /^ +at /m);
      assert.equal(readFileSync(file).subarray(0, 4096).equals(bad.subarray(0, 4096)), true);
      writeFileSync(file, good);
      await cluster.up();
      await cluster.kubectl.ok("get", "namespace", "default");
    } finally {
      await cluster.remove();
    }
  });

  test("Ctrl-C stops it", async () => {
    const place = join(directory, "interrupted");
    const words = ["src/main.ts", "up", "--data-dir", place, "--port", String(await freePort()), "--no-node"];
    const program = start(process.execPath, words);
    await new Promise<void>((resolve) => {
      program.child.stderr!.on("data", () => {
        if (/^Ready in/m.test(program.stderr())) resolve();
      });
    });
    await program.stop("SIGINT");
    assert.equal(await program.exited, 0);
    assert.match(program.stderr(), /Stopped\./);
  });
});
