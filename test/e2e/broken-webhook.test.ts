import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, suite, test } from "node:test";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { refused } from "../support/refused.ts";

/** Refuses every write: who answers for it is not there. */
const webhook = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "nobody" },
  webhooks: [
    {
      name: "nobody.shop.example",
      clientConfig: { service: { namespace: "default", name: "nobody" } },
      rules: [{ apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"], operations: ["*"] }],
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
    },
  ],
};

suite("a webhook that refuses everything", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-e2e-"));
  let cluster: Cluster | undefined;
  afterEach(async (context) => {
    await cluster?.tell(context);
    await cluster?.remove();
  });

  test("does not keep the cluster from starting again elsewhere, where it can be taken away", async () => {
    const words = ["--no-node"];
    cluster = await startCluster({ words, directory });
    const before = cluster.port;
    await cluster.kubectl.apply(webhook);
    const create = () => cluster!.kubectl("create", "namespace", "shop");
    await eventually("writes are refused", async () => (await create()).code !== 0);
    await cluster.down();

    cluster = await startCluster({ words, directory });
    assert.notEqual(cluster.port, before);
    assert.match(await refused(create()), /failed calling webhook "nobody\.shop\.example"/);
    await cluster.kubectl.ok("delete", "validatingwebhookconfiguration", "nobody");
    await eventually("writes are taken", async () => (await create()).code === 0);
    const port = ["get", "endpoints", "kubernetes", "-o", "jsonpath={.subsets[0].ports[0].port}"];
    await eventually(
      "the Service leads to where the server is now",
      async () => (await cluster!.kubectl.ok(...port)) === String(cluster!.port),
      { timeoutMs: 30_000 },
    );
  });
});
