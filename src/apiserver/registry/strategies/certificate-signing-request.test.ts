import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CertificateSigningRequest } from "../../../api/generated/certificates.k8s.io/v1.ts";
import { certificateSigningRequests } from "../../../api/generated/resources.ts";
import { createTestRequest } from "../../../base/testing/certificates.ts";
import { type MemoryServer, startMemoryServer } from "../../testing/memory-server.ts";
import type { WriteContext } from "../strategy.ts";
import { certificateSigningRequestStrategy } from "./certificate-signing-request.ts";

let memory: MemoryServer;
before(async () => {
  memory = await startMemoryServer();
});
after(() => memory.close());

const PEM = createTestRequest("jane");

function request(name: string, more: Partial<CertificateSigningRequest["spec"]> = {}): CertificateSigningRequest {
  return {
    metadata: { name },
    spec: {
      request: Buffer.from(PEM).toString("base64"),
      signerName: "example.com/signer",
      usages: ["client auth"],
      ...more,
    },
  };
}

test("a request carries the name of who made it, whatever it says", async () => {
  const jane = { name: "jane", uid: "7", groups: ["system:masters"], extra: { team: ["a"] } };
  const asked = request("mine", { username: "root", groups: ["system:nodes"], extra: { x: ["y"] } });
  const { spec } = await memory.clientOf(jane).create<CertificateSigningRequest>(certificateSigningRequests, asked);
  assert.equal(spec.username, "jane");
  assert.equal(spec.uid, "7");
  assert.deepEqual(spec.groups, ["system:masters"]);
  assert.deepEqual(spec.extra, { team: ["a"] });
});

test("what was asked for cannot be changed; an approval gets its times", async () => {
  const made = await memory.client.create<CertificateSigningRequest>(certificateSigningRequests, request("fixed"));
  const changed = { ...made, spec: { ...made.spec, username: "root", usages: ["server auth"] } };
  const after = await memory.client.update<CertificateSigningRequest>(certificateSigningRequests, changed);
  assert.deepEqual(after.spec, made.spec);
  const conditions = [{ type: "Approved", status: "True", reason: "Test", message: "yes" }];
  const approved = await memory.client.update<CertificateSigningRequest>(
    certificateSigningRequests,
    { ...after, status: { conditions } },
    { subresource: "approval" },
  );
  const [condition] = approved.status?.conditions ?? [];
  assert.equal(condition?.lastTransitionTime, "2026-01-01T00:00:00Z");
  assert.equal(condition?.lastUpdateTime, "2026-01-01T00:00:00Z");
});

test("a condition has changed when the first of its kind that says so did", async () => {
  const denied = { type: "Denied", status: "True" };
  const lastTransitionTime = "2025-01-01T00:00:00Z";
  const of = (...conditions: object[]) => ({ ...request("a"), status: { conditions } }) as CertificateSigningRequest;
  const draft = of({ ...denied });
  const context = { clock: { now: () => Date.UTC(2026, 0, 1) } } as WriteContext;
  await certificateSigningRequestStrategy().beforeUpdate!(
    draft,
    of(denied, { ...denied, lastTransitionTime }),
    context,
  );
  assert.equal(draft.status?.conditions?.[0]?.lastTransitionTime, lastTransitionTime);
});
