import assert from "node:assert/strict";
import { test } from "node:test";
import type { WebhookEndpoint } from "./webhook-client.ts";
import { credentialsFor, type WebhookUsers } from "./webhook-users.ts";

const usersOf = (names: readonly string[], current?: string): WebhookUsers => ({
  byName: new Map(names.map((name) => [name, { bearerToken: name }])),
  current: current === undefined ? undefined : { bearerToken: current },
});
const ALL = [
  "127.0.0.1:8443",
  "127.0.0.1",
  "hook.example.com",
  "*.example.com",
  "*.com",
  "web.shop.svc:443",
  "*.svc",
  "*",
];
const service = { name: "web", namespace: "shop" };

for (const [what, users, endpoint, token] of [
  ["host and port", usersOf(ALL), { url: "https://127.0.0.1:8443/x" }, "127.0.0.1:8443"],
  ["a port that is not named", usersOf(ALL), { url: "https://127.0.0.1:9443" }, "*"],
  ["the usual port need not be", usersOf(ALL), { url: "https://127.0.0.1" }, "127.0.0.1"],
  ["a host", usersOf(ALL), { url: "https://hook.example.com:443" }, "hook.example.com"],
  ["the nearest domain", usersOf(ALL), { url: "https://a.b.example.com" }, "*.example.com"],
  ["a farther domain", usersOf(ALL), { url: "https://a.other.com" }, "*.com"],
  ["a service", usersOf(ALL), { service }, "web.shop.svc:443"],
  ["another service", usersOf(ALL), { service: { ...service, name: "api" } }, "*.svc"],
  ["a service's other port", usersOf(ALL), { service: { ...service, port: 8443 } }, "*"],
  ["whom the context names", usersOf(["other"], "me"), { url: "https://hook" }, "me"],
  ["nobody", usersOf(["other"]), { url: "https://hook" }, undefined],
  ["no file", undefined, { url: "https://hook" }, undefined],
] as const satisfies readonly (readonly [string, WebhookUsers | undefined, WebhookEndpoint, string | undefined])[]) {
  test(`webhooks are called as the user of their host: ${what}`, () => {
    assert.equal(credentialsFor(users, endpoint).bearerToken, token);
  });
}
