import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterTrustBundle } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import type { ClusterTrustBundleProjection } from "../../api/generated/core/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import { notFound } from "../../api/status.ts";
import { Client } from "../../client/client.ts";
import { createScriptedTransport } from "../../client/scripted-transport.ts";
import { certificatesPem } from "./pem-certificates.ts";
import { createTrustBundles, mergeAnchors } from "./trust-bundles.ts";

const [one, two, three] = ["AAAA", "BBBB", "CCCC"] as const;
const bundle = (
  name: string,
  certificates: readonly string[],
  labels?: Record<string, string>,
): ClusterTrustBundle => ({
  metadata: { name, ...(labels && { labels }) },
  spec: { trustBundle: `# a note\n${certificatesPem(certificates)}` },
});

test("the same certificate is there once, in the same order whoever names it first", () => {
  const wanted = certificatesPem([one, two, three]);
  assert.equal(mergeAnchors([bundle("x", [three, one]), bundle("y", [two, three])]), wanted);
  assert.equal(mergeAnchors([bundle("y", [two, three]), bundle("x", [one, three])]), wanted);
});

test("long certificates are broken into lines of 64", () => {
  const text = certificatesPem(["A".repeat(65)]);
  assert.equal(text, `-----BEGIN CERTIFICATE-----\n${"A".repeat(64)}\nA\n-----END CERTIFICATE-----\n`);
});

const stored = [bundle("a.b:c:one", [one], { use: "yes" }), bundle("a.b:c:two", [two])];

function trust() {
  const transport = createScriptedTransport(({ path }): ApiObject => {
    const name = decodeURIComponent(/clustertrustbundles\/(.+)$/.exec(path)?.[1] ?? "");
    if (name === "") return { items: stored, metadata: {} } as unknown as ApiObject;
    const found = stored.find(({ metadata }) => metadata?.name === name);
    if (found !== undefined) return found as ApiObject;
    throw notFound({ group: "certificates.k8s.io", resource: "clustertrustbundles" }, name);
  });
  return { transport, bundles: createTrustBundles(new Client(transport)) };
}

const MISSING = "combination of signerName and labelSelector matched zero ClusterTrustBundles";
const cases: readonly (readonly [string, Omit<ClusterTrustBundleProjection, "path">, string | RegExp])[] = [
  ["by name", { name: "a.b:c:two" }, certificatesPem([two])],
  ["a name that is not there", { name: "x" }, /while getting ClusterTrustBundle: .*"x" not found/],
  ["a name that need not be there", { name: "x", optional: true }, ""],
  ["all of a signer", { signerName: "a.b/c", labelSelector: {} }, certificatesPem([one, two])],
  ["some of a signer", { signerName: "a.b/c", labelSelector: { matchLabels: { use: "yes" } } }, certificatesPem([one])],
  ["no selector selects nothing", { signerName: "a.b/c" }, new RegExp(MISSING)],
  ["none of a signer, which is all right", { signerName: "a.b/c", optional: true }, ""],
  ["neither", {}, /requires either name or signerName to be set/],
];

for (const [what, projection, expected] of cases) {
  test(`anchors: ${what}`, async () => {
    const anchors = trust().bundles.anchors({ path: "ca.pem", ...projection });
    if (typeof expected === "string") assert.equal(await anchors, expected);
    else await assert.rejects(anchors, expected);
  });
}

test("only bundles of the signer are asked for", async () => {
  const { transport, bundles } = trust();
  await bundles.anchors({ path: "ca.pem", signerName: "a.b/c", labelSelector: {} });
  assert.equal(transport.requests[0]?.query?.fieldSelector, "spec.signerName=a.b/c");
});
