import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatefulSet } from "../../api/generated/apps/v1.ts";
import { forbidden, StatusError } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import { carryOut } from "./carry-out.ts";

const claim = { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } };
const set: StatefulSet = {
  metadata: { namespace: "shop", name: "db", uid: "u" },
  spec: {
    serviceName: "db",
    replicas: 1,
    selector: { matchLabels: { app: "db" } },
    template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "db", image: "db:1" }] } },
    volumeClaimTemplates: [claim],
  },
};
const revision = { name: "db-1", template: set.spec!.template };

/** Carries out the creation of db-0 against a server that refuses everything for that reason. */
async function refusedFor(reason: string) {
  const told: string[] = [];
  const refusal = forbidden({ group: "", resource: "pods" }, "db-0", "refused");
  const causes = [{ reason, message: "refused", field: "metadata.namespace" }];
  const error = new StatusError({ ...refusal.status, details: { ...refusal.status.details, causes } });
  const client = { create: () => Promise.reject(error) } as unknown as Client;
  const events = { event: (_: unknown, event: { reason: string }) => told.push(event.reason) };
  const failure = await carryOut(
    { client, events: events as unknown as EventRecorder, claims: { get: () => undefined } as never },
    {
      facts: { set, pods: [], update: revision, current: revision, nowMs: 0 },
      owner: { apiVersion: "apps/v1", kind: "StatefulSet", metadata: set.metadata },
      plan: { create: [{ ordinal: 0, revision }], delete: [], relabel: [], ensureClaims: [], events: [] },
    },
  );
  return { failure, error, told };
}

test("a namespace that is on its way out is no failure and no event", async () => {
  const { failure, told } = await refusedFor("NamespaceTerminating");
  assert.equal(failure, undefined);
  assert.deepEqual(told, []);
});

test("any other refusal is told, and tried again", async () => {
  const { failure, error, told } = await refusedFor("Other");
  assert.equal(failure, error);
  assert.deepEqual(told, ["FailedCreate"]);
});
