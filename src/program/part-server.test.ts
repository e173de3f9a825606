import assert from "node:assert/strict";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { silentLogger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { systemRandom } from "../base/random.ts";
import { Client } from "../client/client.ts";
import { createScriptedTransport } from "../client/scripted-transport.ts";
import { startPartServer } from "./part-server.ts";

const asked: string[] = [];
const client = new Client(
  createScriptedTransport(({ path, body }) => {
    const { spec } = body as { spec: Record<string, string> & { nonResourceAttributes?: { path: string } } };
    asked.push(path.split("/").at(-1) ?? "");
    if (path.endsWith("/tokenreviews")) {
      const authenticated = spec.token !== "wrong";
      return {
        status: authenticated ? { authenticated, user: { username: spec.token } } : { authenticated },
      } as object;
    }
    return {
      status: { allowed: spec.user === "prometheus" && spec.nonResourceAttributes?.path === "/metrics" },
    } as object;
  }),
);
const metrics = new Metrics();
metrics.counter("scheduler_things_total", "Things.").labels().inc();
const options = {
  name: "kube-scheduler",
  address: "127.0.0.1",
  client,
  clientAuthority: "",
  environment: { clock: systemClock, random: systemRandom, log: silentLogger, metrics },
};
const server = await startPartServer({ ...options, usualPort: 0 });
after(() => server.stop());

function get(path: string, token?: string, method = "GET"): Promise<{ code: number | undefined; text: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    request({ port: server.port, path, method, headers, rejectUnauthorized: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ code: response.statusCode, text }));
    })
      .on("error", reject)
      .end();
  });
}

test("anybody may ask how it is", async () => {
  for (const path of ["/healthz", "/livez", "/readyz", "/livez/ping"]) {
    assert.deepEqual(await get(path), { code: 200, text: "ok" }, path);
  }
  assert.match((await get("/readyz?verbose")).text, /\[\+\]ping ok\n\[\+\]shutdown ok\nreadyz check passed/);
  assert.deepEqual(asked, []);
});

test("numbers are for those that the API server lets read them", async () => {
  assert.equal((await get("/metrics")).code, 401);
  assert.equal((await get("/metrics", "wrong")).code, 401);
  const refused = await get("/metrics", "jane");
  assert.equal(refused.code, 403);
  assert.match(refused.text, /forbidden: User \\"jane\\" cannot get path \\"\/metrics\\"/);
  const { code, text } = await get("/metrics", "prometheus");
  assert.equal(code, 200);
  assert.match(text, /^scheduler_things_total 1$/m);
  const before = asked.length;
  await get("/metrics", "prometheus");
  assert.equal(asked.length, before, "answers are kept for a while");
  assert.equal((await get("/metrics", "prometheus", "POST")).code, 405);
});

test("a port that was asked for and is taken is an error, the usual one is not", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  try {
    await assert.rejects(startPartServer({ ...options, port, usualPort: 1 }), /cannot listen on 127\.0\.0\.1:/);
    const elsewhere = await startPartServer({ ...options, usualPort: port });
    assert.notEqual(elsewhere.port, port);
    await elsewhere.stop();
  } finally {
    other.close();
  }
});
