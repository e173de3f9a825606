import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEvent, AuditLevel } from "./event.ts";
import { truncating } from "./truncate.ts";

test("large events lose their objects, and those that are still too large go", () => {
  const got: AuditEvent[] = [];
  let dropped = 0;
  const backend = truncating(
    { name: "b", write: (event) => void got.push(event) as undefined, close: async () => {} },
    { maxEventBytes: 200, maxBatchBytes: 1000 },
    (_name, events) => {
      dropped += events;
    },
  );
  const write = (level: AuditLevel, parts: Partial<AuditEvent>): void => {
    const event = { level, auditID: "x", ...parts } as AuditEvent;
    void backend.write(event, JSON.stringify(event));
  };
  const large = { data: "ü".repeat(100) };
  write("Metadata", {});
  write("RequestResponse", { requestObject: large, responseObject: large, annotations: { a: "b" } });
  write("Request", { requestURI: "/".repeat(300), requestObject: large });
  write("Metadata", { requestURI: "/".repeat(300) });
  assert.deepEqual(got, [
    { level: "Metadata", auditID: "x" },
    { level: "RequestResponse", auditID: "x", annotations: { a: "b", "audit.k8s.io/truncated": "true" } },
  ]);
  assert.equal(dropped, 2);
});
