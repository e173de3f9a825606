import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { unpackClients } from "../../scripts/clients.ts";
import type { Node, Pod, Service } from "../../src/api/generated/core/v1.ts";
import { eventually } from "../support/eventually.ts";
import { assertNothingLeft, lookAtMachine, type Machine } from "../support/leftovers.ts";
import { connectMachines, type NetworkMachine, type NetworkMachines } from "../support/network-machines.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";
import type { Result, Started } from "../support/run.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const PORT = 7443;
const START_MS = 60_000;
/** Not the usual ones: the agent is told, and would otherwise be somewhere else. */
const RANGES = [
  ...["--service-cluster-ip-range", "172.20.16.0/24", "--cluster-domain", "corp.example"],
  ...["--cluster-cidr", "10.77.0.0/20", "--node-cidr-mask-size", "26"],
];
/** One containerd cannot be in two networks. */
const skip =
  withoutContainers() || (existsSync("/run/containerd/containerd.sock") && "the machine's own containerd runs");

suite("a cluster of two machines", { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-e2e-machines-"));
  const places = { first: join(directory, "first"), second: join(directory, "second") };
  const running = new Map<string, Started>();
  let machine: Machine;
  let registry: Registry;
  let machines: NetworkMachines;
  let clean: (readonly string[])[];
  let agent: string[];

  before(async () => {
    mkdirSync(join(directory, "home"));
    registry = await startRegistry();
    machines = await connectMachines();
    await machines.share(Number(registry.host.split(":")[1]));
    machine = await lookAtMachine(); // With the two machines' own namespaces and cable: they outlive the clusters.
    clean = await Promise.all([machines.first.network(), machines.second.network()]);
    const { address } = machines.first;
    const words = ["up", "--bind", "0.0.0.0", "--port", String(PORT), "--node-name", "first", ...RANGES];
    await begin("first", words, /^Ready in /m);
    const token = readFileSync(join(places.first, "agent-token"), "utf8").trim();
    agent = ["agent", "--server", `https://${address}:${PORT}`, "--token", token, "--node-name", "second"];
    await begin("second", agent, /agent runs as node second/);
  });

  after(async () => {
    for (const name of ["second", "first"] as const) await wherry(name, "down").catch(() => {});
    for (const program of running.values()) await program.stop();
    await machines?.remove();
    await registry?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function begin(name: "first" | "second", words: readonly string[], ready: RegExp): Promise<void> {
    const program = machines[name].start(process.execPath, [MAIN, ...words, "--data-dir", places[name]]);
    running.set(name, program);
    const said = (): string => program.stdout() + program.stderr();
    const look = () => program.child.exitCode !== null || ready.test(said());
    await eventually(`${name} runs`, look, { timeoutMs: START_MS }).catch(() => {});
    const log = existsSync(join(places[name], "wherry.log"))
      ? readFileSync(join(places[name], "wherry.log"), "utf8").slice(-4000)
      : "";
    assert.match(said(), ready, log);
  }

  const wherry = (name: "first" | "second", ...words: readonly string[]): Promise<Result> =>
    machines[name].run(process.execPath, [MAIN, ...words, "--data-dir", places[name]], { timeoutMs: START_MS });

  async function kubectl(words: readonly string[], input = ""): Promise<string> {
    const environment = { KUBECONFIG: join(places.first, "kubeconfig"), HOME: join(directory, "home") };
    const options = { environment, input, timeoutMs: START_MS };
    const result = await machines.first.run(unpackClients().kubectl, words, options);
    assert.equal(result.code, 0, `kubectl ${words.join(" ")}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  }
  const get = async <T>(...words: string[]): Promise<T> =>
    JSON.parse(await kubectl(["get", ...words, "-o", "json"])) as T;
  const podIP = async (name: string): Promise<string> => (await get<Pod>("pod", name)).status?.podIP ?? "";
  const fetched = (pod: string, url: string): Promise<string> =>
    kubectl(["exec", pod, "--", "curl", "-s", "--max-time", "5", url]);

  /** Asks until both pods have answered. */
  async function reachesBoth(what: string, ask: () => Promise<string>): Promise<void> {
    const seen = new Set<string>();
    let last = "";
    const look = async (): Promise<boolean> => {
      last = await ask();
      const from = /^version 1 from (\S+)$/m.exec(last)?.[1];
      if (from !== undefined) seen.add(from);
      return seen.has("web-first") && seen.has("web-second");
    };
    await eventually(`${what} reaches both pods (only ${[...seen].join()}; ${last})`, look);
  }

  function pod(name: string, nodeName: string, image: string, command?: string[]): object {
    const labels = { app: name.split("-")[0] };
    const container = { name: "main", image: registry.image(image), ...(command && { command }) };
    return {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name, labels } },
      spec: { nodeName, terminationGracePeriodSeconds: 1, containers: [container] },
    };
  }

  test("both are nodes, and events tell how they became it", async () => {
    const { items } = await get<{ items: Node[] }>("nodes");
    const address = (node: Node) => node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
    assert.deepEqual(items.map(address), [machines.first.address, machines.second.address]);
    assert.deepEqual(
      items.map(({ spec }) => spec?.podCIDR),
      ["10.77.0.0/26", "10.77.0.64/26"],
    );
    const words = ["get", "events", "--field-selector", "involvedObject.kind=Node,involvedObject.name=second"];
    const wanted = ["Starting", "NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"];
    await eventually("events of the node", async () => {
      const reasons = await kubectl([...words, "-o", "jsonpath={.items[*].reason}"]);
      return [...wanted, "NodeReady", "RegisteredNode"].every((reason) => reasons.split(" ").includes(reason));
    });
  });

  test("pods reach each other by address, service and name, and node ports answer on both", async () => {
    const objects = ["first", "second"].flatMap((name) => [
      pod(`web-${name}`, name, "web:1"),
      pod(`tools-${name}`, name, "tools:1", ["sleep", "1000"]),
    ]);
    const service = {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "web" } },
      spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80 }] },
    };
    await kubectl(["apply", "-f", "-"], [...objects, service].map((each) => JSON.stringify(each)).join("\n---\n"));
    await kubectl(["wait", "pod", "--all", "--for=condition=Ready", "--timeout=50s"]);

    assert.match(await fetched("tools-first", `http://${await podIP("web-second")}/`), /from web-second/);
    assert.match(await fetched("tools-second", `http://${await podIP("web-first")}/`), /from web-first/);
    // Packets that fill a pod's own MTU are too large for the way.
    await kubectl(["exec", "web-second", "--", "dd", "if=/dev/zero", "of=/var/www/large", "bs=1024", "count=3000"]);
    const large = `http://${await podIP("web-second")}/large`;
    const size = ["curl", "-s", "--max-time", "10", "-o", "/dev/null", "-w", "%{size_download}", large];
    assert.equal(await kubectl(["exec", "tools-first", "--", ...size]), String(3000 * 1024));
    const { spec } = await get<Service>("service", "web");
    for (const from of ["tools-first", "tools-second"]) {
      await reachesBoth(`${from} by address`, () => fetched(from, `http://${spec?.clusterIP}/`));
      await reachesBoth(`${from} by name`, () => fetched(from, "http://web.default.svc.corp.example/"));
    }
    const nodePort = spec?.ports?.[0]?.nodePort;
    const curl = async (from: NetworkMachine, host: string): Promise<string> =>
      (await from.run("curl", ["-s", "--max-time", "5", `http://${host}:${nodePort}/`])).stdout;
    for (const [from, host] of [
      [machines.first, machines.second.address],
      [machines.second, machines.first.address],
      [machines.second, "127.0.0.1"],
    ] as const)
      await reachesBoth(`node port of ${host}`, () => curl(from, host));
  });

  test("an agent that stops may leave its pods running, and finds them again", async () => {
    assert.match((await wherry("second", "status")).stdout, /Running since .*\n.*\nNode: +second/);
    const containerOf = async (): Promise<unknown> => {
      const status = (await get<Pod>("pod", "web-second")).status?.containerStatuses?.[0];
      return { id: status?.containerID, restarts: status?.restartCount };
    };
    const beforeStop = await containerOf();
    const down = await wherry("second", "down", "--keep-pods");
    assert.equal(down.code, 0, down.stderr);
    assert.equal((await wherry("second", "status")).code, 3);
    assert.match(await fetched("tools-first", `http://${await podIP("web-second")}/`), /from web-second/);
    await begin("second", agent, /agent runs as node second/);
    assert.match(await fetched("tools-second", "http://web.default.svc.corp.example/"), /from web-/);
    assert.deepEqual(await containerOf(), beforeStop);
  });

  test("nothing is left on either machine", async () => {
    for (const name of ["second", "first"] as const) {
      const down = await wherry(name, "down");
      assert.equal(down.code, 0, down.stderr);
    }
    assert.deepEqual([await machines.first.network(), await machines.second.network()], clean);
    for (const dataDirectory of Object.values(places)) await assertNothingLeft(machine, { dataDirectory });
  });
});
