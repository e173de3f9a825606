import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "js-yaml";
import { StatusError } from "../../api/status.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Exchange, TextAnswer } from "../exchange.ts";
import type { PathHandler } from "../handlers/handler.ts";
import { flagzPath } from "./flagz.ts";
import { statuszPath } from "./statusz.ts";

/** Upstream's statusz_test.go and flagz_test.go. */

const random = { fraction: () => 0.3 } as Parameters<typeof flagzPath>[1];
const clock = new VirtualClock(Date.UTC(2026, 10, 2, 3, 4, 5));
const paths = () => ["/apis/apps", "/livez", "/livez/ping", "/readyz/log", "/version", "/openid/v1/jwks", "/"];
const statusz = statuszPath({ clock, random, paths });
const flagz = flagzPath({ "request-timeout": "1m0s", "audit-log-path": "a b" }, random);

async function ask(handler: PathHandler, path: string, accept?: string) {
  const warnings: string[] = [];
  const exchange = { method: "GET", path, headers: { accept }, warnings } as unknown as Exchange;
  const answer = (await handler(exchange)) as TextAnswer;
  return { text: String(answer.text), contentType: answer.contentType, warnings };
}

test("people read how the server does in text", async () => {
  await clock.advance(3_725_000);
  for (const accept of [
    undefined,
    "",
    "text/plain",
    "text/*",
    "*/*",
    "application/json;v=foo;g=config.k8s.io;as=Statusz,*/*",
  ]) {
    const { text, contentType } = await ask(statusz, "/statusz", accept);
    assert.equal(contentType, "text/plain; charset=utf-8");
    assert.match(
      text,
      /^\napiserver statusz\nWarning: This endpoint is not meant to be machine parseable, .*\.\n\nStarted: {2}Mon Nov {2}2 03:04:05 UTC 2026\nUp: {2}1 hr 02 min 05 sec\nGo version: {2}none\nBinary version: {2}1\.36\.\d+\nEmulation version: {2}1\.36\nPaths: {2}\/livez \/readyz \/version\n$/,
    );
  }
  const { text } = await ask(flagz, "/flagz");
  assert.match(text, /^\napiserver flagz\nWarning: .*\naudit-log-path: a b\nrequest-timeout: 1m0s\n$/);
});

test("programs read an object, and are told when its version is old", async () => {
  const accept = "application/json;v=v1beta1;g=config.k8s.io;as=Statusz";
  const beta = await ask(statusz, "/statusz", accept);
  assert.equal(beta.contentType, "application/json;g=config.k8s.io;v=v1beta1;as=Statusz");
  assert.deepEqual(beta.warnings, []);
  const { binaryVersion, ...object } = JSON.parse(beta.text);
  assert.match(binaryVersion, /^1\.36\.\d+$/);
  assert.deepEqual(object, {
    kind: "Statusz",
    apiVersion: "config.k8s.io/v1beta1",
    metadata: { name: "apiserver" },
    startTime: "2026-11-02T03:04:05Z",
    uptimeSeconds: 3725,
    goVersion: "none",
    emulationVersion: "1.36",
    paths: ["/livez", "/readyz", "/version"],
  });
  const alpha = await ask(flagz, "/flagz", "application/yaml;v=v1alpha1;g=config.k8s.io;as=Flagz,*/*");
  assert.match(alpha.warnings.join(), /^This version of the flagz endpoint is deprecated/);
  assert.deepEqual(load(alpha.text), {
    kind: "Flagz",
    apiVersion: "config.k8s.io/v1alpha1",
    metadata: { name: "apiserver" },
    flags: { "audit-log-path": "a b", "request-timeout": "1m0s" },
  });
});

for (const accept of [
  "application/xml",
  "application/json",
  "application/json;v=v1beta1;g=config.k8s.io",
  "application/json;v=v1;g=config.k8s.io;as=Statusz",
  "application/json;v=v1beta1;g=config.k8s.io;as=Flagz",
  "application/vnd.kubernetes.protobuf;v=v1beta1;g=config.k8s.io;as=Statusz",
  "text/plain;v=v1beta1;g=config.k8s.io;as=Statusz",
]) {
  test(`there is no page as ${accept}`, async () => {
    await assert.rejects(ask(statusz, "/statusz", accept), (error: unknown) => {
      return error instanceof StatusError && error.status.code === 406;
    });
  });
}
