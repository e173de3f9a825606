import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import { removedAtMs } from "./plan.ts";

const MADE = "2026-01-01T00:00:00Z";
const DECIDED = "2026-01-01T03:00:00Z";
const UNREADABLE = Buffer.from("nothing").toString("base64");

function request(status: { conditions?: string[]; certificate?: string }): CertificateSigningRequest {
  const conditions = status.conditions?.map((type) => ({ type, status: "True", lastUpdateTime: DECIDED }));
  return {
    metadata: { name: "one", creationTimestamp: MADE },
    spec: { request: "", signerName: "example.com/any" },
    status: { ...(conditions && { conditions }), ...(status.certificate && { certificate: status.certificate }) },
  };
}

for (const [what, of, at] of [
  ["waits for a decision: a day", request({}), "2026-01-02T00:00:00Z"],
  ["is approved and waits for its certificate: for ever", request({ conditions: ["Approved"] }), undefined],
  [
    "has its certificate: an hour",
    request({ conditions: ["Approved"], certificate: UNREADABLE }),
    "2026-01-01T04:00:00Z",
  ],
  ["was denied: an hour", request({ conditions: ["Denied"] }), "2026-01-01T04:00:00Z"],
  ["failed: an hour", request({ conditions: ["Approved", "Failed"] }), "2026-01-01T04:00:00Z"],
] as const) {
  test(`a request that ${what}`, () => {
    assert.equal(removedAtMs(of), at === undefined ? undefined : Date.parse(at));
  });
}
