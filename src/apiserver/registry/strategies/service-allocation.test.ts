import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Service, ServiceSpec } from "../../../api/generated/core/v1.ts";
import { ipAddresses, serviceCIDRs, services } from "../../../api/generated/resources.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer();
});
after(() => server.close());

let count = 0;
const service = (spec: ServiceSpec): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: `s${++count}`, namespace: "default" },
  spec: { selector: { a: "b" }, ports: [{ port: 80 }], ...spec },
});
const create = (spec: ServiceSpec): Promise<Service> => server.client.create(services, service(spec));
const show = (spec: ServiceSpec): Promise<Service> => server.client.create(services, service(spec), { dryRun: true });
const refusal = async (spec: ServiceSpec): Promise<string> => {
  const failure = await create(spec).catch((error: Error) => error);
  assert.ok(failure instanceof Error, "it is refused");
  return failure.message.replace(/^Service "s\d+" is invalid: /, "");
};

describe("families of addresses in a cluster of IPv4", () => {
  const rows: readonly [string, ServiceSpec, string, readonly string[]][] = [
    ["nothing said", {}, "SingleStack", ["IPv4"]],
    ["two preferred", { ipFamilyPolicy: "PreferDualStack" }, "PreferDualStack", ["IPv4"]],
    ["headless, with a selector", { clusterIP: "None" }, "SingleStack", ["IPv4"]],
    ["headless, without", { clusterIP: "None", selector: {} }, "RequireDualStack", ["IPv4", "IPv6"]],
  ];
  for (const [what, asked, policy, families] of rows) {
    test(what, async () => {
      const { spec } = await create(asked);
      assert.deepEqual([spec?.ipFamilyPolicy, spec?.ipFamilies], [policy, families]);
    });
  }
  const refused: readonly [string, ServiceSpec, string][] = [
    [
      "two required",
      { ipFamilyPolicy: "RequireDualStack" },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      "the other one",
      { ipFamilies: ["IPv6"] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      "an address of the other one",
      { clusterIP: "fd00::1" },
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    ],
    [
      "two and one",
      { ipFamilies: ["IPv4", "IPv6"] },
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
  ];
  for (const [what, asked, expected] of refused) {
    test(`refused: ${what}`, async () => assert.equal(await refusal(asked), expected));
  }
});

describe("addresses", () => {
  test("outside of all ranges, the network's own, and taken", async () => {
    const other = "the provided network does not match the current range";
    for (const clusterIP of ["10.97.0.1", "10.96.0.0", "10.96.255.255"]) {
      const expected = `spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: ${other}`;
      assert.equal(await refusal({ clusterIP }), expected);
    }
    await create({ clusterIP: "10.96.0.77" });
    assert.match(
      await refusal({ clusterIP: "10.96.0.77" }),
      /failed to allocate IP 10\.96\.0\.77: provided IP is already allocated$/,
    );
  });
  test("of a second range, until it goes", async () => {
    const range = {
      apiVersion: "networking.k8s.io/v1",
      kind: "ServiceCIDR",
      metadata: { name: "more" },
      spec: { cidrs: ["10.200.0.0/24"] },
    };
    await server.client.create(serviceCIDRs, range);
    const made = await create({ clusterIP: "10.200.0.5" });
    assert.equal(made.spec?.clusterIP, "10.200.0.5");
    assert.equal(
      (await server.client.get(ipAddresses, { name: "10.200.0.5" })).spec?.parentRef?.name,
      made.metadata?.name,
    );
    await server.client.delete(serviceCIDRs, { name: "more" });
    assert.match(await refusal({ clusterIP: "10.200.0.6" }), /does not match the current range/);
  });
});

describe("ports of nodes", () => {
  const numbers = ({ spec }: Service) => (spec?.ports ?? []).map(({ nodePort }) => nodePort);
  test("ports of one number share one", async () => {
    const made = await create({
      type: "NodePort",
      ports: [
        { name: "a", port: 53, protocol: "UDP" },
        { name: "b", port: 53 },
        { name: "c", port: 80 },
      ],
    });
    const [udp, tcp, other] = numbers(made);
    assert.equal(udp, tcp);
    assert.notEqual(udp, other);
  });
  test("a balancer that wants none has those that it asks for", async () => {
    const made = await create({
      type: "LoadBalancer",
      allocateLoadBalancerNodePorts: false,
      ports: [
        { name: "a", port: 80, nodePort: 30_555 },
        { name: "b", port: 81 },
      ],
    });
    assert.deepEqual(numbers(made), [30_555, undefined]);
  });
  test("a health port outside of the range", async () => {
    const spec: ServiceSpec = { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 80 };
    assert.match(
      await refusal(spec),
      /failed to allocate requested HealthCheck NodePort 80: provided port is not in the valid range\. The range of valid ports is 30000-32767/,
    );
  });
});

describe("a dry run", () => {
  test("shows the range's lowest address and made up ports, and takes nothing", async () => {
    const ports = [
      { name: "a", port: 80 },
      { name: "b", port: 81 },
    ];
    const { spec } = await show({ type: "NodePort", ports });
    assert.equal(spec?.clusterIP, "10.96.0.0");
    assert.deepEqual(
      spec?.ports?.map(({ nodePort }) => nodePort),
      [32_768, 32_769],
    );
    await show({ type: "NodePort", clusterIP: "10.96.0.88", ports: [{ port: 80, nodePort: 30_888 }] });
    const made = await create({ type: "NodePort", clusterIP: "10.96.0.88", ports: [{ port: 80, nodePort: 30_888 }] });
    assert.equal(made.spec?.clusterIP, "10.96.0.88");
  });
});

describe("ranges of the server's own", () => {
  let own: MemoryServer;
  before(async () => {
    const serviceNodePorts = { first: 20_000, size: 20 };
    const ranges = { serviceCidr: "192.168.0.0/29", serviceNodePorts, ownPorts: [20_017] };
    own = await startMemoryServer({ ...ranges, keepsLocalServices: true });
  });
  after(() => own.close());
  const make = (spec: ServiceSpec): Promise<Service> => own.client.create(services, service(spec));
  const whyNot = async (spec: ServiceSpec): Promise<string> => {
    const failure = await make(spec).catch((error: Error) => error);
    return failure instanceof Error ? failure.message : "it is made";
  };

  test("a ServiceCIDR says which addresses there are, each is given once, then they are all taken", async () => {
    const given = await Promise.all(Array.from({ length: 6 }, async () => (await make({})).spec?.clusterIP));
    const expected = [1, 2, 3, 4, 5, 6].map((last) => `192.168.0.${last}`);
    assert.deepEqual(given.sort(), expected);
    const { items } = await own.client.list(ipAddresses);
    assert.deepEqual(items.map(({ metadata }) => metadata?.name).sort(), expected);
    assert.equal((await own.client.get(serviceCIDRs, { name: "kubernetes" })).spec?.cidrs?.join(), "192.168.0.0/29");
    assert.match(await whyNot({}), /range is full/);
  });

  test("ports of nodes are of the range, its lower part last", async () => {
    await own.client.create(serviceCIDRs, { metadata: { name: "more" }, spec: { cidrs: ["192.168.1.0/24"] } });
    const { spec } = await make({
      ports: Array.from({ length: 3 }, (_, index) => ({ name: `p${index}`, port: index + 1 })),
      type: "NodePort",
    });
    const given = spec?.ports?.map((port) => port.nodePort) ?? [];
    assert.deepEqual([...given].sort(), [20_016, 20_018, 20_019], "but the one that the cluster itself has");
    const next = (await make({ type: "NodePort" })).spec?.ports?.[0]?.nodePort ?? 0;
    assert.ok(next >= 20_000 && next < 20_016, String(next));
    const refused = await whyNot({ type: "NodePort", ports: [{ port: 80, nodePort: 20_017 }] });
    assert.match(refused, /provided port is already allocated/);
    assert.match(
      await whyNot({ type: "NodePort", ports: [{ port: 80, nodePort: 30_000 }] }),
      /provided port is not in the valid range\. The range of valid ports is 20000-20019/,
    );
  });
});
