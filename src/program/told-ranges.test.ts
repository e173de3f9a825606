import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import type { ApiObject } from "../api/meta.ts";
import { forbidden, notFound } from "../api/status.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { Client } from "../client/client.ts";
import { createScriptedTransport } from "../client/scripted-transport.ts";
import { isPodNetworkDevice } from "../network/names.ts";
import { completeRanges } from "./cluster-ranges.ts";
import { requireMachineOutside } from "./range-choice.ts";
import { readToldRanges, toldRanges } from "./told-ranges.ts";

const of = { group: "", resource: "configmaps" };
const ranges = completeRanges({ clusterCidr: "10.77.0.0/20", nodeCidrMaskSize: 26, clusterDomain: "corp.example" });

/** A server that says these things, one after the other, and then the last of them again and again. */
function server(...answers: (ApiObject | Error)[]) {
  const transport = createScriptedTransport(() => {
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { client: new Client(transport), transport };
}
const told = (data: Record<string, string>): ApiObject => ({ kind: "ConfigMap", data }) as ApiObject;

test("a machine that joins waits until the server has said which addresses the cluster has", async () => {
  const clock = new VirtualClock();
  const { client, transport } = server(forbidden(of, "x", "no"), notFound(of, "x"), told(toldRanges(ranges)));
  const reading = readToldRanges(client, clock);
  await clock.advance(1000);
  assert.deepEqual(await reading, ranges);
  assert.equal(transport.requests.at(-1)?.path, "/api/v1/namespaces/kube-public/configmaps/wherry-cluster");
});

test("a server that never says it, or not all of it", async () => {
  const clock = new VirtualClock();
  const missing = /the cluster does not say its \S+ in the ConfigMap kube-public\/wherry-cluster/;
  const never = assert.rejects(readToldRanges(server(notFound(of, "x")).client, clock), missing);
  await clock.advance(20_000);
  await never;
  const { "cluster-domain": _, ...rest } = toldRanges(ranges);
  await assert.rejects(readToldRanges(server(told(rest)).client, clock), /does not say its cluster-domain/);
  await assert.rejects(readToldRanges(server(new Error("no way")).client, clock), /no way/);
});

const own = Object.entries(networkInterfaces())
  .flatMap(([name, entries = []]) => (isPodNetworkDevice(name) ? [] : entries))
  .find(({ family, internal }) => family === "IPv4" && !internal);

test("a machine among the cluster's addresses does not join", { skip: own === undefined && "needs a network" }, () => {
  requireMachineOutside(completeRanges({ clusterCidr: "198.18.0.0/16", serviceCidr: "198.19.0.0/16" }));
  const serviceCidr = `${own?.address}/32`;
  assert.throws(
    () => requireMachineOutside(completeRanges({ clusterCidr: "198.18.0.0/16", serviceCidr })),
    /this machine is \S+ \(\S+\), which is among the addresses of the cluster's Services, .* --service-cluster-ip-range/,
  );
});
