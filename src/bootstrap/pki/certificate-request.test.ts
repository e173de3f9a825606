import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { parseRequestDocument } from "../../api/certificates/request-document.ts";
import { certificateRequest } from "./certificate-request.ts";

test("a certificate request says what was asked for, and is signed by its own key", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = { commonName: "system:node:boat", organizations: ["system:nodes"] };
  const document = parseRequestDocument(
    certificateRequest({ subject, names: ["boat"], addresses: ["192.0.2.7"] }, privateKey),
  );
  assert.equal(document.commonName, "system:node:boat");
  assert.deepEqual(document.organizations, ["system:nodes"]);
  assert.deepEqual(document.names, ["boat"]);
  assert.deepEqual(document.addresses, ["192.0.2.7"]);
});

test("a client's request has no alternative names", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const document = parseRequestDocument(certificateRequest({ subject: { commonName: "jane" } }, privateKey));
  assert.deepEqual([document.names, document.addresses], [[], []]);
});
