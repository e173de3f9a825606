import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { StatusError } from "../../../api/status.ts";
import { systemClock } from "../../../base/clock.ts";
import { runCommand } from "../../../base/run-command.ts";
import { answerNodeLogs } from "./answer.ts";

const TEXT = "0123456789\n";
let directory: string;
let server: Server;
let base: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "wherry-node-logs-"));
  const logs = join(directory, "log");
  await mkdir(join(logs, "nginx"), { recursive: true });
  await writeFile(join(logs, "messages"), TEXT);
  await writeFile(join(logs, "empty"), "");
  await writeFile(join(logs, "sshd.log"), "sshd: hello\n");
  await writeFile(join(logs, "nginx", "nginx.log"), "nginx: hello\n");
  await writeFile(join(logs, "per cent %.log"), "odd\n");
  await writeFile(join(directory, "shadow"), "secret\n");
  await symlink("../shadow", join(logs, "out"));
  await symlink("..", join(logs, "up"));
  await symlink("messages", join(logs, "within"));
  assert.equal((await runCommand("mkfifo", [join(logs, "pipe")])).code, 0);
  server = createServer(async (request, response) => {
    const { pathname, searchParams: parameters } = new URL(request.url!, "http://x");
    const closed = new AbortController();
    response.on("close", () => closed.abort());
    try {
      const path = decodeURIComponent(pathname.slice("/logs/".length));
      const context = { clock: systemClock, signal: closed.signal };
      await answerNodeLogs({ request, response, path, parameters }, { directory: logs, query: true }, context);
    } catch (error) {
      assert.ok(error instanceof StatusError, String(error));
      response.writeHead(error.status.code ?? 500).end(error.message);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs/`;
});

after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(base + path, { headers, method, redirect: "manual" });

test("a directory is listed, and has a slash at its end", async () => {
  const page = await ask("");
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  const names = [...(await page.text()).matchAll(/href="([^"]*)"/g)].map(([, name]) => name);
  const all = ["empty", "messages", "nginx/", "out", "per%20cent%20%25.log", "pipe", "sshd.log", "up", "within"];
  assert.deepEqual(names, all);
  assert.equal(await (await ask(names[4]!)).text(), "odd\n");
  const slashless = await ask("nginx");
  assert.deepEqual([slashless.status, slashless.headers.get("location")], [301, "nginx/"]);
  assert.match(await (await ask("nginx/")).text(), /nginx\.log/);
  assert.equal((await ask("messages/")).headers.get("location"), "../messages");
});

test("a file is served whole or in part, and only when it is newer", async () => {
  const whole = await ask("messages");
  assert.deepEqual(
    [whole.status, await whole.text(), whole.headers.get("content-type"), whole.headers.get("accept-ranges")],
    [200, TEXT, "text/plain; charset=utf-8", "bytes"],
  );
  const part = await ask("within", { range: "bytes=2-4" });
  assert.deepEqual([part.status, await part.text(), part.headers.get("content-range")], [206, "234", "bytes 2-4/11"]);
  const none = await ask("messages", { range: "bytes=11-" });
  assert.deepEqual([none.status, none.headers.get("content-range")], [416, "bytes */11"]);
  const modified = whole.headers.get("last-modified")!;
  assert.equal((await ask("messages", { "if-modified-since": modified })).status, 304);
  const other = { range: "bytes=2-4", "if-range": "Thu, 01 Jan 1970 00:00:00 GMT" };
  assert.equal((await ask("messages", other)).status, 200);
  assert.equal((await ask("messages", { ...other, "if-range": modified })).status, 206);
  assert.equal(await (await ask("empty")).text(), "");
  const head = await ask("messages", {}, "HEAD");
  assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "11", ""]);
});

test("nothing outside of the directory is served, and what is no file waits for nobody", async () => {
  for (const path of ["out", "up/", "up/shadow", "pipe"]) assert.equal((await ask(path)).status, 403, path);
  for (const path of ["none", "messages/x", "..%2Fshadow", "%2E%2E/shadow", "nginx/..%2f..%2fshadow", "a%00b"]) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test("services are asked for by name: their files where the journal does not know them", async () => {
  const text = async (query: string) => (await ask(query)).text();
  assert.equal(await text("?query=sshd&query=nginx&query=messages"), `sshd: hello\nnginx: hello\n${TEXT}`);
  assert.equal(await text("?query=nobody-knows-it"), "\nlog not found for nobody-knows-it\n");
  assert.match(
    await text("?query=sshd&tailLines=1"),
    /^\noptions present and query resolved to log files for \[sshd\]\n/,
  );
  assert.match(await text("?query=out"), /^\nerror getting log for out: 403 Forbidden\n/);
  assert.equal(await text("?query=/nginx/nginx.log"), "nginx: hello\n");
  const zipped = await ask("?query=sshd", { "accept-encoding": "gzip" });
  assert.equal(zipped.headers.get("content-encoding"), "gzip");
  const refusals: readonly (readonly [string, number, RegExp])[] = [
    ["?query=", 400, /query cannot be empty/],
    ["nginx/?query=sshd", 406, /^path not allowed in query mode$/],
    ["?query=/none.log", 406, /^query: Invalid value: \["\/none\.log"\]: stat .*\/log\/none\.log: no such file/],
    ["?query=sshd&pattern=(", 406, /^pattern: Invalid value: "\("/],
  ];
  for (const [path, code, message] of refusals) {
    const answer = await ask(path);
    assert.equal(answer.status, code, path);
    assert.match(await answer.text(), message, path);
  }
});
