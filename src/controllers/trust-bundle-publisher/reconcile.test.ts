import assert from "node:assert/strict";
import { test } from "node:test";
import { clusterTrustBundles } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { settle } from "../../base/virtual-clock.ts";
import { startScripted } from "../scripted-controller.ts";
import { servingBundle, trustBundlePublisher } from "./reconcile.ts";

test("there is one bundle of what is trusted now, and others' are left alone", async () => {
  let pem = "one";
  let changed: () => void = () => {};
  const rootCa = {
    pem: () => pem,
    onChange(listener: () => void) {
      changed = listener;
      return () => {};
    },
  };
  const foreign: AnyObject = {
    metadata: { name: "example.com:ca:x", resourceVersion: "1" },
    spec: { signerName: "example.com/ca", trustBundle: "theirs" },
  };
  const controller = await startScripted(trustBundlePublisher(rootCa), [[clusterTrustBundles, foreign]]);
  assert.deepEqual(controller.writes(), ["POST clustertrustbundles"]);
  assert.deepEqual((controller.bodies[0] as AnyObject).spec, servingBundle("one").spec);
  const one = { ...servingBundle("one"), metadata: { ...servingBundle("one").metadata, resourceVersion: "2" } };
  await controller.push(clusterTrustBundles, one as AnyObject, "ADDED");
  assert.equal(controller.writes().length, 1);
  pem = "two";
  changed();
  await settle();
  assert.deepEqual(controller.writes().slice(1).map(decodeURIComponent), [
    "POST clustertrustbundles",
    `DELETE clustertrustbundles/${servingBundle("one").metadata?.name}`,
  ]);
  await controller.stop();
});
