import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import type { CertificateSigningRequest } from "../../src/api/generated/certificates.k8s.io/v1.ts";
import { certificateSigningRequests } from "../../src/api/generated/resources.ts";
import { certificateRequest } from "../../src/bootstrap/pki/certificate-request.ts";
import { startWorld } from "./world.ts";

const HOUR_MS = 60 * 60 * 1000;

describe("certificate requests with the real API server", () => {
  it("go away an hour after they are denied, and after a day without a decision", async () => {
    const world = await startWorld({ controllers: ["certificatesigningrequest-cleaner-controller"] });
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const request = Buffer.from(certificateRequest({ subject: { commonName: "jane" } }, privateKey)).toString("base64");
    const create = (name: string): Promise<CertificateSigningRequest> =>
      world.client.create(certificateSigningRequests, {
        metadata: { name },
        spec: { request, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
      });
    const names = async (): Promise<string[]> =>
      (await world.client.list(certificateSigningRequests)).items.map(({ metadata }) => metadata?.name ?? "").sort();
    await create("undecided");
    const denied = await create("denied");
    const conditions = [{ type: "Denied", status: "True", reason: "No", message: "no" }];
    await world.client.update(
      certificateSigningRequests,
      { ...denied, status: { conditions } },
      { subresource: "approval" },
    );
    await world.pass(0.9 * HOUR_MS);
    assert.deepEqual(await names(), ["denied", "undecided"]);
    await world.pass(0.2 * HOUR_MS);
    assert.deepEqual(await names(), ["undecided"]);
    await world.pass(22 * HOUR_MS);
    assert.deepEqual(await names(), ["undecided"]);
    await world.pass(2 * HOUR_MS);
    assert.deepEqual(await names(), []);
    await world.close();
  });
});
