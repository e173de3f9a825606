import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { page } from "../support/http.ts";
import { spdyEnvironment } from "../support/kubectl.ts";
import { shellPod, WAIT_FOREVER } from "../support/objects.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";
import { run } from "../support/run.ts";

const TALK = "trap 'exit 0' TERM; i=0; while true; do i=$((i+1)); echo line $i; echo problem $i >&2; sleep 0.1; done";

/** What goes through the API server to a container and back. */
suite("logs, exec, attach, port-forward, cp", { skip: withoutContainers() }, () => {
  let registry: Registry;
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let scratch: string;

  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), "wherry-e2e-files-"));
    registry = await startRegistry();
    cluster = await startCluster();
    kubectl = cluster.kubectl;
    const shell = registry.image("busybox:1");
    await kubectl.apply(
      shellPod("talker", shell, TALK),
      shellPod("shell", shell, WAIT_FOREVER),
      shellPod("reader", shell, "cat", { container: { stdin: true } }),
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "web" },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image: registry.image("web:1") }] },
      },
    );
    await kubectl.ok("wait", "pod", "--all", "--for=condition=Ready", "--timeout=30s");
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await registry?.stop();
    await cluster?.remove();
    rmSync(scratch, { recursive: true, force: true });
  });

  test("logs, with its options", async () => {
    assert.match(await kubectl.ok("logs", "talker"), /^line 1\n/m);
    assert.match(await kubectl.ok("logs", "talker"), /^problem 1\n/m);
    assert.equal((await kubectl.ok("logs", "talker", "--tail=3")).trimEnd().split("\n").length, 3);
    assert.match(
      await kubectl.ok("logs", "talker", "--timestamps", "--tail=1"),
      /^\d{4}-\d\d-\d\dT[\d:.]+Z \w+ \d+\n$/,
    );
    assert.equal((await kubectl.ok("logs", "talker", "--limit-bytes=10")).length, 10);
    const wrong = await kubectl("logs", "talker", "-c", "nobody");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /container nobody is not valid for pod talker/);
  });

  test("logs -f goes on", async () => {
    const following = kubectl.start(["logs", "-f", "talker", "--tail=1"]);
    await eventually("thirty more lines", () => following.stdout().split("\n").length > 30);
    await following.stop();
    const numbers = [...following.stdout().matchAll(/^line (\d+)$/gm)].map((match) => Number(match[1]));
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => numbers[0]! + index),
    );
  });

  for (const [protocol, environment] of [
    ["WebSocket", {}],
    ["SPDY", spdyEnvironment],
  ] as const) {
    suite(`over ${protocol}`, () => {
      const exec = (words: readonly string[], input?: string | Buffer) =>
        kubectl.with({ environment, ...(input !== undefined && { input }) }, "exec", ...words);

      test("exec: output, errors and exit code", async () => {
        const result = await exec(["shell", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
        assert.equal(result.stdout, "out\n");
        assert.match(result.stderr, /^err\n/);
        assert.match(result.stderr, /command terminated with exit code 7/);
        assert.equal(result.code, 7);
        assert.equal((await exec(["shell", "--", "true"])).code, 0);
      });

      test("exec of a program that is not there", async () => {
        const result = await exec(["shell", "--", "no-such-program"]);
        assert.notEqual(result.code, 0);
        assert.match(result.stderr, /no-such-program/);
      });

      test("exec -i: a megabyte in and out, and the end of input arrives", async () => {
        const text = randomBytes(768 * 1024).toString("base64");
        const result = await exec(["-i", "shell", "--", "sh", "-c", "cat; echo; echo end"], text);
        assert.equal(result.code, 0, result.stderr);
        assert.equal(result.stdout === `${text}\nend\n`, true, `${result.stdout.length} characters came back`);
      });

      test("exec -it has a terminal", async () => {
        // The terminal's size comes after the start, as with every Kubernetes.
        const script = "'tty; until stty size 2>/dev/null | grep .; do :; done; exit 3'";
        const words = [kubectl.program, "exec", "-it", "shell", "--", "sh", "-c", script].join(" ");
        const result = await run("script", ["-qec", `stty rows 33 cols 77; ${words}`, "/dev/null"], {
          environment: { ...kubectl.environment, ...environment, TERM: "xterm" },
        });
        assert.match(result.stdout, /\/dev\/pts\/\d+/);
        assert.match(result.stdout, /33 77/);
        assert.equal(result.code, 3);
      });

      test("attach sees what the container says and reaches its input", async () => {
        const attached = kubectl.start(["attach", "-i", "reader"], environment);
        await eventually("the answer", () => {
          attached.child.stdin!.write("hello\n");
          return attached.stdout().includes("hello");
        });
        await attached.stop("SIGKILL");
      });

      test("port-forward carries many connections", async () => {
        const forward = kubectl.start(["port-forward", "pod/web", ":80"], environment);
        const port = await eventually("the port", () => forward.stdout().match(/127\.0\.0\.1:(\d+) -> 80/)?.[1]);
        const pages = await Promise.all(Array.from({ length: 20 }, () => page(`http://127.0.0.1:${port}/`)));
        assert.deepEqual([...new Set(pages)], ["version 1 from web\n"]);
        await forward.stop();
      });

      test("port-forward to a port where nobody listens says so and goes on", async () => {
        const forward = kubectl.start(["port-forward", "pod/web", ":80", ":81"], environment);
        const ports = await eventually("both ports", () => {
          const found = [...forward.stdout().matchAll(/127\.0\.0\.1:(\d+) -> (80|81)/g)];
          return found.length === 2 && new Map(found.map((match) => [match[2], Number(match[1])]));
        });
        const dead = connect(ports.get("81")!, "127.0.0.1").on("error", () => {});
        await eventually("the reason", () => /error forwarding port 81|Connection refused/i.test(forward.stderr()));
        dead.destroy();
        await forward.stop();
      });

      test("cp both ways", async () => {
        const from = join(scratch, `${protocol}-there`);
        const to = join(scratch, `${protocol}-back`);
        writeFileSync(from, randomBytes(300_000));
        const there = await kubectl.with({ environment }, "cp", from, `shell:/tmp/${protocol}`);
        assert.equal(there.code, 0, there.stderr);
        const back = await kubectl.with({ environment }, "cp", `shell:/tmp/${protocol}`, to);
        assert.equal(back.code, 0, back.stderr);
        assert.equal(hash(to), hash(from));
      });
    });
  }

  test("run -i --rm gives input, shows output, and takes the pod away", async () => {
    const words = ["run", "once", "-i", "--rm", "--restart=Never", `--image=${registry.image("busybox:1")}`, "-q"];
    const result = await kubectl.with({ input: "a line\n" }, ...words, "--", "sh", "-c", "read x; echo got $x");
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /got a line/);
    assert.equal((await kubectl("get", "pod", "once")).code, 1);
  });

  test("exec and logs of what is not there", async () => {
    const pod = await kubectl("exec", "nobody", "--", "true");
    assert.match(pod.stderr, /pods "nobody" not found/);
    const container = await kubectl("exec", "shell", "-c", "nobody", "--", "true");
    assert.match(container.stderr, /container nobody is not valid for pod shell|container not found/);
  });
});

function hash(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
