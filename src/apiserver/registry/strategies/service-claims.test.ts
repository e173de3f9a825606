import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Service } from "../../../api/generated/core/v1.ts";
import { ipAddresses, services } from "../../../api/generated/resources.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { createMemoryStore } from "../../../store/memory/memory-store.ts";
import { unclosedStore } from "../../../store/testing/unclosed-store.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import { type Claim, planClaimRepair } from "./service-claim-repair.ts";

const service = (name: string, spec: Service["spec"]): Service => ({
  metadata: { namespace: "default", name },
  spec: { ports: [{ port: 80 }], ...spec },
});

describe("claims of Services", () => {
  const owner = { namespace: "default", name: "a" };
  const claim = (holding: string, over: Partial<Claim> = {}): Claim => ({
    holding,
    revision: 1,
    owner,
    sinceMs: 0,
    ...over,
  });
  const a = service("a", { clusterIPs: ["10.96.0.7"], ports: [{ port: 80, nodePort: 30080 }] });
  const cases: { name: string; services: Service[]; claims: Claim[]; missing: string[]; orphaned: string[] }[] = [
    {
      name: "all is well",
      services: [a],
      claims: [claim("ip/10.96.0.7"), claim("port/30080")],
      missing: [],
      orphaned: [],
    },
    {
      name: "a claim is missing",
      services: [a],
      claims: [claim("ip/10.96.0.7")],
      missing: ["port/30080"],
      orphaned: [],
    },
    {
      name: "the Service is gone",
      services: [],
      claims: [claim("ip/10.96.0.7")],
      missing: [],
      orphaned: ["ip/10.96.0.7"],
    },
    {
      name: "it comes yet",
      services: [],
      claims: [claim("ip/10.96.0.7", { sinceMs: 70_000 })],
      missing: [],
      orphaned: [],
    },
    {
      name: "somebody's own",
      services: [],
      claims: [claim("ip/10.96.0.7", { owner: undefined })],
      missing: [],
      orphaned: [],
    },
    {
      name: "it holds another",
      services: [a],
      claims: [claim("ip/10.96.0.7"), claim("ip/10.96.0.8"), claim("port/30080")],
      missing: [],
      orphaned: ["ip/10.96.0.8"],
    },
  ];
  for (const { name, services: present, claims, missing, orphaned } of cases) {
    test(`repair: ${name}`, () => {
      const plan = planClaimRepair({ services: present, claims, nowMs: 100_000 });
      assert.deepEqual(
        plan.missing.map(({ holding }) => holding),
        missing,
      );
      assert.deepEqual(
        plan.orphaned.map(({ holding }) => holding),
        orphaned,
      );
    });
  }
});

test("an address is an object as long as its Service has it", async (context) => {
  const memory = await startMemoryServer();
  context.after(() => memory.close());
  const { client } = memory;
  const made = await client.create(services, service("web", { type: "NodePort" }));
  const address = await client.get(ipAddresses, { name: made.spec!.clusterIP! });
  assert.deepEqual(address.spec?.parentRef, { group: "", resource: "services", namespace: "default", name: "web" });
  await client.update(services, { ...made, spec: { type: "ExternalName", externalName: "elsewhere.example" } });
  assert.equal((await client.list(ipAddresses)).items.length, 0, "given back by an update");
  await client.create(services, service("other", { clusterIP: made.spec!.clusterIP! }));
  await client.delete(services, { namespace: "default", name: "other" });
  assert.equal((await client.list(ipAddresses)).items.length, 0, "given back by a delete");
  await assert.rejects(client.create(services, service("wrong", { ports: [] })));
  assert.equal((await client.list(ipAddresses)).items.length, 0, "given back by a refusal");
});

test("servers that know nothing of each other give nothing twice", async (context) => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  const servers = await Promise.all(
    Array.from({ length: 3 }, () => startMemoryServer({ store: unclosedStore(store), isStoreShared: true })),
  );
  context.after(async () => {
    for (const server of servers) await server.close();
    await store.close();
  });
  const ask = { type: "NodePort", clusterIP: "10.96.0.200", ports: [{ port: 80, nodePort: 31000 }] };
  const outcomes = await Promise.allSettled(
    servers.map((server, index) => server.client.create(services, service(`same-${index}`, ask))),
  );
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") assert.match(String(outcome.reason), /provided (IP|port) is already allocated/);
  }
  const create = (server: MemoryServer, name: string) =>
    server.client.create(services, service(name, { type: "NodePort" }));
  const made = await Promise.all(
    servers.flatMap((server, at) => Array.from({ length: 20 }, (_, index) => create(server, `s-${at}-${index}`))),
  );
  assert.equal(new Set(made.map(({ spec }) => spec?.clusterIP)).size, 60);
  assert.equal(new Set(made.map(({ spec }) => spec?.ports?.[0]?.nodePort)).size, 60);
});
