import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolumeClaim, Pod, ResourceQuota } from "../generated/core/v1.ts";
import { formatQuantity } from "../quantity.ts";
import { checkRequest, type QuotaRequest } from "./check-request.ts";
import { quotaUse } from "./usage.ts";

const quota = (hard: Record<string, string>, used: Record<string, string>, spec: object = {}): ResourceQuota => ({
  metadata: { name: "q" },
  spec: { hard, ...spec },
  status: { hard, used },
});
const request = (resource: string, object: object, before?: object): QuotaRequest => ({
  resource,
  object,
  use: quotaUse(resource, object),
  before: before === undefined ? undefined : quotaUse(resource, before),
});
const pod = (requests: Record<string, string>, spec: object = {}): Pod => ({
  spec: { containers: [{ name: "a", resources: { requests } }], ...spec },
});

function outcome(of: ResourceQuota, asked: QuotaRequest): string | Record<string, string> | undefined {
  const decision = checkRequest(of, asked);
  if ("refusal" in decision) return decision.refusal;
  if (decision.used === undefined) return undefined;
  return Object.fromEntries([...decision.used].map(([name, amount]) => [name, formatQuantity(amount)]));
}

test("a resize is counted by what it adds, and costs nothing when it gives back", () => {
  const small = pod({ cpu: "1" });
  const large = pod({ cpu: "3" });
  const of = (used: string): ResourceQuota =>
    quota({ "requests.cpu": "4", pods: "1" }, { "requests.cpu": used, pods: "1" });
  assert.deepEqual(outcome(of("2"), request("pods", large, small)), { "requests.cpu": "4", pods: "1" });
  assert.equal(outcome(of("2"), request("pods", small, large)), undefined);
  assert.match(
    String(outcome(of("3"), request("pods", large, small))),
    /requested: requests\.cpu=2, used: requests\.cpu=3/,
  );
});

test("pods that say too little are told which containers must say what", () => {
  const limited = quota({ "requests.cpu": "4", "limits.memory": "1Gi" }, { "requests.cpu": "0", "limits.memory": "0" });
  const silent = { containers: [{ name: "b" }, { name: "a" }], initContainers: [{ name: "c" }] };
  assert.equal(
    outcome(limited, request("pods", { spec: silent })),
    "failed quota: q: must specify limits.memory for: a,b,c; requests.cpu for: a,b,c",
  );
  const whole = { ...silent, resources: { requests: { cpu: "1" }, limits: { memory: "1Mi" } } };
  assert.deepEqual(outcome(limited, request("pods", { spec: whole })), { "requests.cpu": "1", "limits.memory": "1Mi" });
});

test("claims of a VolumeAttributesClass", () => {
  const matchExpressions = [{ scopeName: "VolumeAttributesClass", operator: "In", values: ["gold"] }];
  const scoped = quota(
    { persistentvolumeclaims: "1" },
    { persistentvolumeclaims: "1" },
    { scopeSelector: { matchExpressions } },
  );
  const claim = (volumeAttributesClassName?: string): PersistentVolumeClaim => ({
    spec: volumeAttributesClassName === undefined ? {} : { volumeAttributesClassName },
  });
  assert.match(String(outcome(scoped, request("persistentvolumeclaims", claim("gold")))), /^exceeded quota: q,/);
  assert.equal(outcome(scoped, request("persistentvolumeclaims", claim("iron"))), undefined);
  assert.equal(outcome(scoped, request("persistentvolumeclaims", claim())), undefined);
});

test("objects of a custom resource", () => {
  const counted = quota({ "count/boats.river.example.com": "1" }, { "count/boats.river.example.com": "1" });
  assert.equal(
    outcome(counted, request("boats.river.example.com", {})),
    "exceeded quota: q, requested: count/boats.river.example.com=1, used: count/boats.river.example.com=1, limited: count/boats.river.example.com=1",
  );
  assert.equal(outcome(counted, request("rafts.river.example.com", {})), undefined);
});
