import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { unpackClients } from "../../scripts/clients.ts";
import { type StreamingWorld, startStreamingWorld } from "./streaming-world.ts";

const skip =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs root on Linux: it runs containers"
    : !existsSync("/usr/bin/containerd")
      ? "needs containerd"
      : !existsSync("/usr/bin/busybox") && "needs busybox-static";

const SPDY = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" };
const PROTOCOLS: [name: string, environment: Record<string, string>][] = [
  ["WebSocket", {}],
  ["SPDY", SPDY],
];
const LIMIT_MS = 30_000;

describe("kubectl's streams to a container of containerd", { skip }, () => {
  const { kubectl } = unpackClients();
  const children = new Set<ChildProcess>();
  let world: StreamingWorld;

  before(async () => {
    world = await startStreamingWorld();
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await world?.close();
  });

  function start(parameters: readonly string[], environment: Record<string, string> = {}): ChildProcess {
    const env = { ...process.env, KUBECONFIG: world.kubeconfig, HOME: world.directory, ...environment };
    const child = spawn(kubectl, parameters, { env, timeout: LIMIT_MS });
    children.add(child);
    child.on("close", () => children.delete(child));
    return child;
  }

  async function run(
    parameters: readonly string[],
    options: { input?: Buffer | string; environment?: Record<string, string> } = {},
  ): Promise<{ code: number; stdout: Buffer; stderr: string }> {
    const child = start(parameters, options.environment);
    const stdout: Buffer[] = [];
    let stderr = "";
    child.stdout!.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr!.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdin!.on("error", () => {});
    child.stdin!.end(options.input ?? "");
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? -1, stdout: Buffer.concat(stdout), stderr };
  }

  for (const [name, environment] of PROTOCOLS) {
    test(`${name}: output, errors and the exit code`, async () => {
      const result = await run(["exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 3"], { environment });
      assert.equal(String(result.stdout), "out\n");
      assert.equal(result.stderr, "err\ncommand terminated with exit code 3\n");
      assert.equal(result.code, 3);
    });

    test(`${name}: input ends where the client's ends, however much it is`, async () => {
      const input = Buffer.alloc(8 * 1024 * 1024, "x");
      const result = await run(["exec", "-i", "web", "--", "wc", "-c"], { input, environment });
      assert.equal(String(result.stdout).trim(), String(input.length));
      assert.equal(result.code, 0);
    });

    test(`${name}: large output arrives whole`, async () => {
      const result = await run(["exec", "web", "--", "head", "-c", "32000000", "/dev/zero"], { environment });
      assert.equal(result.stdout.length, 32_000_000);
    });

    test(`${name}: a command that cannot be run is an error`, async () => {
      const result = await run(["exec", "web", "--", "/nothing"], { environment });
      assert.notEqual(result.code, 0);
      assert.match(result.stderr, /\/nothing/);
    });

    test(`${name}: files are copied there and back`, async () => {
      const [local, back] = [join(world.directory, `blob-${name}`), join(world.directory, `back-${name}`)];
      const bytes = randomBytes(2_000_000);
      await writeFile(local, bytes);
      assert.equal((await run(["cp", local, "web:/tmp/blob"], { environment })).code, 0);
      assert.equal((await run(["cp", "web:/tmp/blob", back], { environment })).code, 0);
      assert.ok(bytes.equals(await readFile(back)));
    });

    test(`${name}: attach shows output and gives input`, async () => {
      const child = start(["attach", "-i", "web"], environment);
      child.stdin!.write("a word\n");
      let text = "";
      for await (const chunk of child.stdout!) {
        text += chunk;
        if (text.includes("heard a word") && text.includes("tick")) break;
      }
      child.kill();
      assert.match(text, /heard a word/);
    });

    test(`${name}: a port is forwarded, many connections at once`, async () => {
      const child = start(["port-forward", "pod/web", ":8080", "-v=8"], environment);
      let notes = "";
      child.stderr!.on("data", (chunk) => {
        notes += chunk;
      });
      const [line] = (await once(child.stdout!, "data")) as [Buffer];
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(String(line))?.[1]);
      const pages = await Promise.all(Array.from({ length: 20 }, () => get(port)));
      assert.deepEqual(new Set(pages), new Set(["page\n"]));
      child.kill();
      // Without a tunnel kubectl falls back to SPDY, silently.
      assert.equal(notes.includes("negotiated protocol: portforward.k8s.io"), name === "WebSocket", notes.slice(-4000));
    });
  }

  test("a terminal has the client's size", async () => {
    const command = `stty rows 33 cols 77; "${kubectl}" exec -it web -- sh -c 'sleep 1; stty size; exit 5'`;
    const env = { ...process.env, KUBECONFIG: world.kubeconfig };
    const child = spawn("script", ["-qec", command, "/dev/null"], { env, timeout: LIMIT_MS });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    const [code] = (await once(child, "close")) as [number];
    assert.match(text, /33 77\r?\n/);
    assert.equal(code, 5);
  });

  test("logs: the last lines, times, following", async () => {
    const last = await run(["logs", "web", "--tail=2", "--timestamps"]);
    assert.match(String(last.stdout), /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\S+ .*\n){2}$/);
    const child = start(["logs", "-f", "web", "--tail=1"]);
    const ticks: string[] = [];
    for await (const chunk of child.stdout!) {
      ticks.push(
        ...String(chunk)
          .split("\n")
          .filter((line) => line.startsWith("tick")),
      );
      if (ticks.length >= 3) break;
    }
    child.kill();
    assert.equal(new Set(ticks).size, ticks.length);
  });

  test("an error of the options, the pod or the container is told in upstream's words", async () => {
    const bad = await run(["logs", "web", "--tail=1", "--limit-bytes=-2"]);
    assert.match(bad.stderr, /limitBytes|limit-bytes/);
    assert.match((await run(["logs", "nothing"])).stderr, /pods "nothing" not found/);
    const raw = await run(["get", "--raw", "/api/v1/namespaces/default/pods/web/log?container=nope"]);
    assert.match(raw.stderr, /container nope is not valid for pod web/);
    const plain = await run(["get", "--raw", "/api/v1/namespaces/default/pods/web/exec?command=ls&stdout=true"]);
    assert.match(plain.stderr, /Upgrade request required/);
  });

  test("proxies to the node and to the pod", async () => {
    assert.equal(String((await run(["get", "--raw", "/api/v1/nodes/n/proxy/healthz"])).stdout), "ok");
    const page = await run(["get", "--raw", "/api/v1/namespaces/default/pods/web:8080/proxy/index.html"]);
    assert.equal(String(page.stdout), "page\n");
    const missing = await run(["get", "--raw", "/api/v1/namespaces/default/pods/web/proxy/nothing"]);
    assert.match(missing.stderr, /NotFound/);
  });

  test("a client that goes away ends the input of its command", async () => {
    const child = start(["exec", "-i", "web", "--", "sh", "-c", "echo begun; cat; echo over > /tmp/over"]);
    await once(child.stdout!, "data");
    child.kill("SIGKILL");
    let over = "";
    for (let count = 0; count < 50 && over === ""; count++) {
      over = String((await run(["exec", "web", "--", "sh", "-c", "cat /tmp/over 2>/dev/null || true"])).stdout);
    }
    assert.equal(over, "over\n");
  });
});

function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/", agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    sent.on("error", reject);
    sent.end();
  });
}
