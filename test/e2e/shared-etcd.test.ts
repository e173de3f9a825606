import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Deployment } from "../../src/api/generated/apps/v1.ts";
import { deployments, endpoints, leases, pods, services } from "../../src/api/generated/resources.ts";
import type { Client } from "../../src/client/client.ts";
import { type EtcdMember, startEtcd, withoutEtcd } from "../support/etcd.ts";
import { eventually } from "../support/eventually.ts";
import { type SharedServer, startServers } from "../support/servers.ts";
import { type Load, startLoad } from "./shared-etcd/load.ts";

/** WHERRY_LONG=<minutes>: faults go on for so long. */
const LONG_MINUTES = Number(process.env.WHERRY_LONG ?? 0);
/** A leader's Lease is good for 15 s; followers look each second. */
const FAILOVER_MS = 15_000 + 3000;
const CONTROLLERS = { namespace: "kube-system", name: "kube-controller-manager" };

test("three servers on a three-member etcd lose nothing while members and servers die, hang and are cut off", {
  skip: withoutEtcd(),
  timeout: (LONG_MINUTES + 4) * 60_000,
}, async (context) => {
  const canBeCutOff = process.getuid?.() === 0;
  const etcd = await startEtcd({ members: 3, canBeCutOff });
  context.after(() => etcd.stop());
  const { servers, remove } = await startServers(3, ["--etcd-servers", etcd.urls.join(",")]);
  context.after(remove);
  const load = startLoad(servers, { writers: 6, watchers: 3 });

  await context.test("controllers go to another server when theirs is killed", async () => {
    await killLeader(servers, load);
  });
  const faults: [string, () => Promise<void>][] = [
    ["the leader of etcd is killed", () => killed(etcd.members, load)],
    ["a member of etcd hangs", () => whileHanging(etcd.members[0]!, load)],
    ...(canBeCutOff
      ? [["a member of etcd is cut off", () => whileCutOff(etcd.members[1]!, load)] as [string, () => Promise<void>]]
      : []),
    ["a server hangs", () => serverHangs(servers[1]!, load)],
    ["all of etcd is killed and comes back", () => allKilled(etcd.members, load)],
  ];
  const until = performance.now() + LONG_MINUTES * 60_000;
  do {
    for (const [name, fault] of faults) {
      await context.test(name, async () => {
        await fault();
        await etcd.healthy();
      });
    }
  } while (performance.now() < until);

  await load.stop();
  context.diagnostic(`${load.acknowledged.length} writes were acknowledged, ${load.unknown()} had no outcome`);
  assert.deepEqual(load.violations.slice(0, 10), []);
  await handover(servers);
});

/** The load goes on: so many more writes are acknowledged, in good time. */
async function flows(load: Load, what: string): Promise<void> {
  const before = load.acknowledged.length;
  await eventually(`writes go on ${what}`, () => load.acknowledged.length >= before + 20, { timeoutMs: 15_000 });
}

async function killLeader(servers: readonly SharedServer[], load: Load): Promise<void> {
  const leader = await leaderOf(servers);
  const other = servers.find((server) => server !== leader)!;
  const client = await other.client();
  await eventually("all servers are listed", async () => (await listed(client)) === 3);
  const before = await holderOf(client);
  await leader.end("SIGKILL");
  const killedAt = performance.now();
  const deployment: Deployment = {
    metadata: { namespace: "default", name: "web" },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: [{ name: "web", image: "example.test/web:1" }] },
      },
    },
  };
  await client.create(deployments, deployment);
  await flows(load, "while a server is away");
  await eventually("another holds the Lease", async () => (await holderOf(client)) !== before, { timeoutMs: 30_000 });
  const tookMs = performance.now() - killedAt;
  assert.ok(tookMs <= FAILOVER_MS, `failing over took ${Math.round(tookMs)} ms`);
  const isThere = async () => (await client.list(pods, { namespace: "default" })).items.length === 2;
  await eventually("the deployment gets its pods", isThere, { timeoutMs: 10_000 });
  await eventually("the dead server is no longer listed", async () => (await listed(client)) === 2);
  await leader.up();
  await client.transport.close();
}

async function killed(members: readonly EtcdMember[], load: Load): Promise<void> {
  const leading = await Promise.all(members.map((member) => member.isLeader()));
  const leader = members[leading.indexOf(true)]!;
  await leader.kill();
  await flows(load, "without the leader of etcd");
  leader.start();
}

async function allKilled(members: readonly EtcdMember[], load: Load): Promise<void> {
  await Promise.all(members.map((member) => member.kill()));
  await pause(1000);
  for (const member of members) member.start();
  await flows(load, "when etcd is back");
}

async function whileHanging(member: EtcdMember, load: Load): Promise<void> {
  member.pause();
  await pause(1500);
  await flows(load, "while a member hangs");
  await pause(1500);
  member.resume();
  await flows(load, "when it goes on");
}

async function whileCutOff(member: EtcdMember, load: Load): Promise<void> {
  await member.cutOff();
  await pause(1500);
  await flows(load, "while a member is cut off");
  await pause(1500);
  await member.rejoin();
  await flows(load, "when it is back");
}

async function serverHangs(server: SharedServer, load: Load): Promise<void> {
  server.signal("SIGSTOP");
  await pause(3000);
  await flows(load, "while a server hangs");
  server.signal("SIGCONT");
  await flows(load, "when it goes on");
}

/** A server that is stopped gives its office away at once. */
async function handover(servers: readonly SharedServer[]): Promise<void> {
  const leader = await leaderOf(servers);
  const other = servers.find((server) => server !== leader)!;
  const client = await other.client();
  const before = await holderOf(client);
  const stoppedAt = performance.now();
  await leader.end("SIGTERM");
  const isOther = async () => {
    const holder = await holderOf(client);
    return holder !== before && holder !== "";
  };
  await eventually("another holds the Lease", isOther, { timeoutMs: 10_000 });
  assert.ok(performance.now() - stoppedAt < 8000);
  assert.equal(await listed(client), 2, "a stopped server is not listed");
  assert.equal((await client.get(services, { namespace: "default", name: "kubernetes" })).spec?.clusterIP, "10.96.0.1");
  await client.transport.close();
}

/** How many servers the Service `kubernetes` leads to. */
async function listed(client: Client): Promise<number> {
  const { subsets = [] } = await client.get(endpoints, { namespace: "default", name: "kubernetes" });
  return subsets.flatMap(({ addresses = [], ports = [] }) => addresses.flatMap(() => ports)).length;
}

async function holderOf(client: Client): Promise<string | undefined> {
  return (await client.get(leases, CONTROLLERS)).spec?.holderIdentity;
}

/** The server whose log says that it became the holder of the controllers' Lease. */
async function leaderOf(servers: readonly SharedServer[]): Promise<SharedServer> {
  return eventually("a server leads", async () => {
    for (const server of servers) {
      try {
        const client = await server.client();
        const holder = await holderOf(client);
        await client.transport.close();
        return servers.find(
          (each) => holder !== undefined && holder !== "" && each.log().includes(`identity=${holder}`),
        );
      } catch {
        // Another one knows.
      }
    }
    return undefined;
  });
}
