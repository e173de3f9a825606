import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointSlices, endpoints, pods, services } from "../../src/api/generated/resources.ts";
import { startWorld } from "./world.ts";

const LAST_CHANGE = "endpoints.kubernetes.io/last-change-trigger-time";
const name = "web";
const namespace = "shop";

test("endpoints say when it was that what they follow changed", async () => {
  const world = await startWorld({ controllers: ["endpoints-controller", "endpointslice-controller"] });
  const { client } = world;
  const told = async () => {
    const { items } = await client.list(endpointSlices, { namespace });
    const old = await client.get(endpoints, { namespace, name });
    return [...items, old].map(({ metadata }) => metadata?.annotations?.[LAST_CHANGE]);
  };
  const tells = async (time: string | undefined) => {
    for (let tries = 0; tries < 50; tries++) {
      await world.pass(1_000);
      if ((await told().catch(() => ["nothing"])).join() === `${time ?? ""},${time ?? ""}`) break;
    }
    assert.deepEqual(await told(), [time, time]);
  };
  const { metadata } = await client.create(services, {
    metadata: { name, namespace },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  await tells(metadata?.creationTimestamp);

  const ready = "2040-01-01T00:00:00Z";
  const containers = [{ name: "c", image: "i" }];
  await client.create(pods, {
    metadata: { name, namespace, labels: { app: "web" } },
    spec: { nodeName: "n1", containers },
  });
  const status = {
    podIPs: [{ ip: "10.0.0.7" }],
    conditions: [{ type: "Ready", status: "True", lastTransitionTime: ready }],
  };
  await world.pass(5_000);
  await client.patch(pods, { namespace, name }, { type: "merge", body: { status }, subresource: "status" });
  await tells(ready);

  // A label of the Service is copied, and is no change of the network.
  const body = { metadata: { labels: { touched: "yes" } } };
  await client.patch(services, { namespace, name }, { type: "merge", body });
  await tells(undefined);
  await world.close();
});
