import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceCIDRs } from "../../../api/generated/resources.ts";
import { type LogFields, type Logger, silentLogger } from "../../../base/log.ts";
import { startMemoryServer } from "../../testing/memory-server.ts";
import { keepServiceCidr } from "./keep-service-cidr.ts";

test("a default range that says other addresses than the server was told stays, and is told once", async () => {
  const { server, client, clock, close } = await startMemoryServer();
  const warnings: (LogFields | undefined)[] = [];
  const log: Logger = { ...silentLogger, warn: (_, fields) => warnings.push(fields) };
  await client.create(serviceCIDRs, { metadata: { name: "kubernetes" }, spec: { cidrs: ["10.0.0.0/24"] } });
  const stopping = new AbortController();
  const { reader } = server;
  const transport = () => server.transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" });
  const { signal } = stopping;
  const looked = (): void => {};
  const kept = keepServiceCidr({ serviceCidr: "10.96.0.0/16", reader, transport, clock, log, signal, looked });
  await clock.advance(30_000);
  assert.deepEqual(warnings, [{ stored: "10.0.0.0/24", own: "10.96.0.0/16" }]);
  const { spec, status } = await client.get(serviceCIDRs, { name: "kubernetes" });
  assert.deepEqual([spec?.cidrs, status?.conditions], [["10.0.0.0/24"], undefined]);

  await client.delete(serviceCIDRs, { name: "kubernetes" });
  await clock.advance(20_000);
  const { spec: own, status: ready } = await client.get(serviceCIDRs, { name: "kubernetes" });
  assert.deepEqual([own?.cidrs, ready?.conditions?.[0]?.status], [["10.96.0.0/16"], "True"]);
  assert.equal(warnings.length, 1);
  stopping.abort();
  await kept;
  await close();
});
