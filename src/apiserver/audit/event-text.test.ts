import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AuditEvent, AuditObjectReference } from "./event.ts";
import { eventText } from "./event-text.ts";

const some = fc.option(fc.oneof(fc.string(), fc.string({ unit: "binary" })), { nil: undefined });
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constant('/api/v1/pods?a="b\\c\u007f\u2028\ud800'),
);
const user = fc.record(
  { username: fc.string(), uid: fc.string(), groups: fc.array(fc.string()) },
  { requiredKeys: [] },
);

const reference: fc.Arbitrary<AuditObjectReference> = fc.record({
  ...{ resource: some, namespace: some, name: some, uid: some },
  ...{ apiGroup: some, apiVersion: some, resourceVersion: some, subresource: some },
});

const event: fc.Arbitrary<AuditEvent> = fc.record({
  kind: fc.constant("Event"),
  apiVersion: fc.constant("audit.k8s.io/v1"),
  level: fc.constantFrom("Metadata", "Request", "RequestResponse"),
  auditID: text,
  stage: fc.constantFrom("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"),
  requestURI: text,
  verb: text,
  user,
  impersonatedUser: fc.option(user, { nil: undefined }),
  authenticationMetadata: fc.option(fc.record({ impersonationConstraint: text }), { nil: undefined }),
  sourceIPs: fc.option(fc.array(text), { nil: undefined }),
  userAgent: some,
  objectRef: fc.option(reference, { nil: undefined }),
  responseStatus: fc.option(fc.record({ metadata: fc.constant({}), code: fc.integer() }), { nil: undefined }),
  requestObject: fc.option(fc.jsonValue(), { nil: undefined }),
  responseObject: fc.option(fc.jsonValue(), { nil: undefined }),
  requestReceivedTimestamp: fc.constant("2026-01-31T10:20:30.400000Z"),
  stageTimestamp: fc.constant("2026-01-31T10:20:30.401000Z"),
  annotations: fc.option(fc.dictionary(text, text), { nil: undefined }),
}) as fc.Arbitrary<AuditEvent>;

test("whatever happens: the same text as JSON.stringify's", () => {
  fc.assert(fc.property(event, (each) => assert.equal(eventText(each), JSON.stringify(each))));
});

test("a user who comes again", () => {
  const one: AuditEvent = {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: "a",
    stage: "ResponseComplete",
    requestURI: "/api",
    verb: "get",
    user: { username: 'ja"ne', groups: ["a", "b"] },
    requestReceivedTimestamp: "2026-01-31T10:20:30.400000Z",
    stageTimestamp: "2026-01-31T10:20:30.401000Z",
  };
  for (const each of [one, { ...one, auditID: "b" }]) assert.equal(eventText(each), JSON.stringify(each));
});
