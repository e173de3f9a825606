import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createTestAuthority } from "../../base/testing/certificates.ts";
import type { Pki } from "../../bootstrap/pki/ensure-pki.ts";
import { publishedTrust } from "./trusted-authorities.ts";

const proxies = createTestAuthority("front-proxy-ca");
const pairOf = (name: string) => {
  const { cert: certificate, key } = proxies.issue(name);
  return { certificate, key, leaf: new X509Certificate(certificate) };
};
const pki = {
  frontProxyClient: pairOf("front-proxy-client"),
  trusted: { cluster: "cluster", frontProxy: "proxies" },
} as unknown as Pki;

test("extension API servers are told of all authorities, and by which names the server and other proxies come", () => {
  const names = (allowedNames: string[] | undefined, given: object = {}) =>
    publishedTrust(pki, { named: [], ...given }, { allowedNames }).requestHeader.allowedNames;
  assert.deepEqual(names(undefined), ["front-proxy-client"]);
  assert.deepEqual(names(["door"]), ["door", "front-proxy-client"]);
  assert.deepEqual(names(["door"], { proxyClient: pairOf("aggregator") }), ["door", "aggregator"]);
  assert.deepEqual(names([]), [], "any");
  const { authorities, requestHeader } = publishedTrust(
    pki,
    { named: [], clientAuthority: "people", requestHeaderAuthority: "doors" },
    { usernameHeaders: ["X-User"] },
  );
  assert.deepEqual(authorities, { cluster: "clusterpeople", frontProxy: "proxiesdoors" });
  assert.deepEqual(requestHeader.usernameHeaders, ["X-User"]);
});
