import assert from "node:assert/strict";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { after, before, describe, test } from "node:test";
import { endpointSlices, namespaces, services } from "../../src/api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "../../src/apiserver/testing/memory-server.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { CommandResult } from "../../src/base/run-command.ts";
import { createInformerSet } from "../../src/client/informer-set.ts";
import { type DnsHandle, startDns } from "../../src/dns/dns.ts";
import { type ProxyHandle, startProxy } from "../../src/proxy/proxy.ts";

/** Not a loopback address: the API does not take those as endpoints. */
const address = Object.values(networkInterfaces())
  .flatMap((entries) => entries ?? [])
  .find((entry) => entry.family === "IPv4" && !entry.internal)?.address;

describe("services as the API server has them", { skip: address === undefined && "needs a network interface" }, () => {
  const stopping = new AbortController();
  const written: string[] = [];
  let memory: MemoryServer;
  let dns: DnsHandle;
  let proxy: ProxyHandle;
  let resolver: Resolver;
  const wrote = new EventTarget();

  before(async () => {
    memory = await startMemoryServer();
    for (const name of ["default", "kube-system"]) await memory.client.create(namespaces, { metadata: { name } });
    const common = { client: memory.client, clock: systemClock, random: systemRandom, log: silentLogger };
    const informers = createInformerSet(common);
    stopping.signal.addEventListener("abort", () => void informers.stop());
    dns = await startDns({
      ...common,
      informers,
      nodeName: "n",
      address: address as string,
      clusterIP: "10.96.0.10",
      signal: stopping.signal,
    });
    const run = async (
      _program: string,
      _parameters: readonly string[],
      options: { input?: string } = {},
    ): Promise<CommandResult> => {
      written.push(options.input ?? "");
      wrote.dispatchEvent(new Event("text"));
      return { code: 0, stdout: "", stderr: "" };
    };
    proxy = await startProxy({
      ...common,
      informers,
      nodeInformers: informers,
      nodeName: "n",
      clusterId: "test",
      podCidr: "10.244.0.0/24",
      podInterface: "wherry-test",
      podInterfaces: "wherry-*",
      settings: { read: async () => "1", write: async () => {} },
      run,
      signal: stopping.signal,
    });
    resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([`${address}:${dns.port}`]);
  });

  after(async () => {
    stopping.abort();
    await dns?.stop();
    await memory?.close();
  });

  /** Waits for a transaction that says so. */
  async function rules(pattern: RegExp): Promise<void> {
    while (!written.some((text) => pattern.test(text))) await once(wrote, "text");
  }

  /** Asks until the zone has followed: it watches on its own. */
  async function answer(name: string, enough: (found: string[] | string) => boolean): Promise<string[] | string> {
    for (;;) {
      const found = await resolver.resolve4(name).catch((error: { code: string }) => error.code);
      if (enough(found)) return found;
    }
  }

  test("the DNS service leads to the server, by its own rules", async () => {
    const service = await memory.client.get(services, { namespace: "kube-system", name: "kube-dns" });
    assert.equal(service.spec?.clusterIP, "10.96.0.10");
    await rules(new RegExp(`kube-system/kube-dns/udp/53 meta l4proto udp dnat to ${address}:${dns.port}`));
    assert.deepEqual(await resolver.resolve4("kube-dns.kube-system.svc.cluster.local"), ["10.96.0.10"]);
    assert.deepEqual(await resolver.reverse("10.96.0.10"), ["kube-dns.kube-system.svc.cluster.local"]);
  });

  test("a new service gets its name and its rules, and loses both", async () => {
    const target = { namespace: "default", name: "web" };
    const spec = { ports: [{ name: "http", port: 80 }], type: "NodePort" };
    const made = await memory.client.create(services, { metadata: target, spec } as object);
    await memory.client.create(endpointSlices, {
      metadata: { ...target, labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: [{ addresses: ["10.244.0.5"], conditions: { ready: true } }],
    } as object);
    const clusterIP = made.spec?.clusterIP as string;
    const nodePort = made.spec?.ports?.[0]?.nodePort;
    await rules(/default\/web\/tcp\/80 meta l4proto tcp dnat to 10\.244\.0\.5:8080/);
    await rules(new RegExp(`node-ports \\{ tcp \\. ${nodePort} : goto external/default/web/tcp/80 \\}`));
    assert.deepEqual(await answer("web.default.svc.cluster.local", (found) => found !== "ENOTFOUND"), [clusterIP]);
    assert.equal((await resolver.resolveSrv("_http._tcp.web.default.svc.cluster.local"))[0]?.port, 80);

    await memory.client.delete(services, target);
    await rules(/delete chain ip wherry-test service\/default\/web\/tcp\/80/);
    await answer("web.default.svc.cluster.local", (found) => found === "ENOTFOUND");
  });

  test("a restart finds its DNS service and points it at the new server", async () => {
    const informers = createInformerSet({
      client: memory.client,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
    });
    const again = await startDns({
      client: memory.client,
      informers,
      nodeName: "n",
      address: address as string,
      clusterIP: "10.96.0.99",
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      signal: stopping.signal,
    });
    assert.equal(again.clusterIP, "10.96.0.10");
    const slice = await memory.client.get(endpointSlices, { namespace: "kube-system", name: "kube-dns" });
    assert.deepEqual(
      slice.ports?.map((port) => port.port),
      [again.port, again.port],
    );
    await rules(new RegExp(`dnat to ${address}:${again.port}`));
    await again.stop();
    await informers.stop();
    await proxy.cleanup();
    assert.match(written.at(-1) ?? "", /delete table ip wherry-test/);
  });
});
