import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { AuditBackend } from "./auditor.ts";
import type { AuditEvent } from "./event.ts";
import { type LogBackendOptions, logBackend } from "./log-backend.ts";

let directory: string;
let clock: VirtualClock;
let dropped: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "wherry-audit-"));
  clock = new VirtualClock();
  dropped = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function backend(options: Partial<LogBackendOptions> = {}): AuditBackend {
  return logBackend({
    path: join(directory, "audit", "audit.log"),
    format: "json",
    maxAgeDays: 30,
    maxBackups: 2,
    maxSizeMegabytes: 1,
    clock,
    log: silentLogger,
    dropped: (_backend, events) => {
      dropped += events;
    },
    ...options,
  });
}

const event: AuditEvent = {
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  level: "Metadata",
  auditID: "id",
  stage: "ResponseComplete",
  requestURI: "/api/v1/pods",
  verb: "list",
  user: { username: "jane", groups: ["a", "b"] },
  sourceIPs: ["10.0.0.1"],
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: "2026-01-01T00:00:00.000000Z",
  stageTimestamp: "2026-01-01T00:00:00.000000Z",
};

test("events are lines of a file that only its owner reads", async () => {
  const log = backend();
  void log.write(event, '{"n":1}');
  void log.write(event, '{"n":2}');
  await log.close();
  const path = join(directory, "audit", "audit.log");
  assert.equal(readFileSync(path, "utf8"), '{"n":1}\n{"n":2}\n');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(directory, "audit")).mode & 0o777, 0o700);
});

test("a later server appends", async () => {
  for (const text of ["1", "2"]) {
    const log = backend();
    void log.write(event, text);
    await log.close();
  }
  assert.equal(readFileSync(join(directory, "audit", "audit.log"), "utf8"), "1\n2\n");
});

test("full files are put aside, so many stay, and old ones go", async () => {
  const half = "x".repeat(600 * 1024);
  const log = backend();
  await log.close();
  writeFileSync(join(directory, "unrelated.log"), "");
  for (let number = 0; number < 5; number++) {
    const one = backend();
    void one.write(event, half);
    await one.close();
    await clock.advance(1000);
  }
  const names = readdirSync(join(directory, "audit")).toSorted();
  assert.deepEqual(names, ["audit-2026-01-01T00-00-03.000.log", "audit-2026-01-01T00-00-04.000.log", "audit.log"]);
  await clock.advance(31 * 86_400_000);
  const last = backend();
  void last.write(event, "later");
  await last.close();
  assert.deepEqual(readdirSync(join(directory, "audit")), ["audit.log"]);
});

test("what a disk cannot take is dropped and counted", async () => {
  writeFileSync(join(directory, "audit"), "a file where a folder should be");
  const log = backend();
  void log.write(event, "1");
  void log.write(event, "2");
  await log.close();
  assert.equal(dropped, 2);
});

test("what waits is bounded", async () => {
  const log = backend();
  const large = "x".repeat(1024 * 1024);
  for (let number = 0; number < 40; number++) void log.write(event, large);
  assert.ok(dropped > 15, `${dropped} dropped`);
  await log.close();
});

test("the legacy format is one line of text", async () => {
  const log = backend({ format: "legacy" });
  void log.write(event, "");
  await log.close();
  assert.equal(
    readFileSync(join(directory, "audit", "audit.log"), "utf8"),
    '2026-01-01T00:00:00.000000Z AUDIT: id="id" stage="ResponseComplete" ip="10.0.0.1" method="list" user="jane" groups="a","b" as="<self>" asgroups="<lookup>" user-agent="" namespace="<none>" uri="/api/v1/pods" response="200"\n',
  );
});

test("who blocks waits until the line is written; strictly, and hears of a loss", async () => {
  const path = join(directory, "audit", "audit.log");
  const log = backend({ mode: "blocking-strict" });
  const waits = ['{"n":1}', '{"n":2}', '{"n":3}'].map((text) => log.write(event, text));
  assert.deepEqual(await Promise.all(waits), [true, true, true]);
  assert.equal(readFileSync(path, "utf8"), '{"n":1}\n{"n":2}\n{"n":3}\n');
  await log.close();
  const blocked = join(directory, "file");
  writeFileSync(blocked, "");
  const impossible = { path: join(blocked, "audit.log") };
  const strict = backend({ ...impossible, mode: "blocking-strict" });
  assert.equal(await strict.write(event, "lost"), false);
  const lenient = backend({ ...impossible, mode: "blocking" });
  assert.equal(await lenient.write(event, "lost"), true);
  assert.equal(backend({ mode: "batch" }).write(event, "later"), undefined);
  assert.equal(dropped, 2);
  await Promise.all([strict.close(), lenient.close()]);
});
