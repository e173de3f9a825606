import assert from "node:assert/strict";
import { test } from "node:test";
import type { Volume } from "../../api/generated/core/v1.ts";
import {
  csiDrivers,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  serviceAccounts,
} from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { admissionBench } from "../testing/admission-bench.ts";
import { boat, podOnBoat } from "../testing/boat.ts";
import { nodeRestriction } from "./node-restriction.ts";

test("tokens for the drivers of a pod's volumes", async () => {
  const volumes: Volume[] = [
    { name: "a", persistentVolumeClaim: { claimName: "bound" } },
    { name: "b", ephemeral: { volumeClaimTemplate: { spec: {} } } },
    { name: "c", csi: { driver: "csi.example.com" } },
    { name: "d", gcePersistentDisk: { pdName: "disk" } },
  ];
  const ask = async (audience: string, over: { drivers?: string[]; volumes?: Volume[] } = {}): Promise<void> => {
    const bench = admissionBench();
    const web = podOnBoat({ name: "web", namespace: "shop", uid: "pod-1" }, { volumes: over.volumes ?? volumes });
    bench.reader.put(pods, web);
    const claims: [string, string][] = [
      ["bound", "disk"],
      ["web-b", "bucket"],
    ];
    for (const [name, volumeName] of claims) {
      bench.reader.put(persistentVolumeClaims, { metadata: { name, namespace: "shop" }, spec: { volumeName } });
    }
    bench.reader.put(persistentVolumes, {
      metadata: { name: "disk" },
      spec: { awsElasticBlockStore: { volumeID: "1" } },
    });
    bench.reader.put(persistentVolumes, {
      metadata: { name: "bucket" },
      spec: { csi: { driver: "bucket.example.com", volumeHandle: "1" } },
    });
    const known = ["ebs.csi.aws.com", "bucket.example.com", "csi.example.com", "pd.csi.storage.gke.io"];
    for (const name of over.drivers ?? known) {
      bench.reader.put(csiDrivers, { metadata: { name }, spec: { tokenRequests: [{ audience: `for ${name}` }] } });
    }
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "web", uid: "pod-1" };
    const object = { metadata: { name: "seller", namespace: "shop" }, spec: { audiences: [audience], boundObjectRef } };
    const resource = serviceAccounts as ResourceReference<ApiObject>;
    await bench.run(nodeRestriction(bench), { user: boat, resource, subresource: "token", object });
  };
  await ask("for ebs.csi.aws.com");
  await ask("for bucket.example.com");
  await ask("for csi.example.com");
  await ask("for pd.csi.storage.gke.io");
  await assert.rejects(ask("for others"), /audience "for others" not found in pod spec volume/);
  await assert.rejects(
    ask("for csi.example.com", { drivers: [], volumes: volumes.slice(2, 3) }),
    /forbidden: error validating audience "for csi.example.com": csidriver.storage.k8s.io "csi.example.com" not found$/,
  );
  await assert.rejects(
    ask("x", { volumes: [{ name: "a", persistentVolumeClaim: { claimName: "gone" } }, ...volumes.slice(2)] }),
    /error validating audience "x": persistentvolumeclaim "gone" not found$/,
  );
});
