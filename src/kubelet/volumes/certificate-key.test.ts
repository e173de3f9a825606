import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { children, contents } from "../../base/der.ts";
import { emptyCertificateRequest, generateCertificateKey } from "./certificate-key.ts";

const DIGESTS: Readonly<Record<string, string | undefined>> = {
  RSA3072: "sha256",
  ECDSAP256: "sha256",
  ECDSAP384: "sha384",
  ECDSAP521: "sha512",
  ED25519: undefined,
};

for (const [keyType, digest] of Object.entries(DIGESTS)) {
  test(`a request on a key of type ${keyType} is signed by it and says nothing else`, async () => {
    const key = await generateCertificateKey(keyType);
    assert.match(key, /^-----BEGIN PRIVATE KEY-----\n/);
    const request = Buffer.from(emptyCertificateRequest(keyType, key), "base64");
    const [body, , signature] = children(request);
    const [version, subject, publicKey, attributes] = children(body!);
    assert.deepEqual([...contents(version!)], [0]);
    assert.equal(contents(subject!).length, 0);
    assert.equal(contents(attributes!).length, 0);
    const shown = createPublicKey({ key: publicKey!, format: "der", type: "spki" });
    assert.ok(shown.equals(createPublicKey(key)));
    // The first byte of a bit string tells how many bits of the last one are not in it.
    assert.ok(verify(digest, body!, shown, contents(signature!).subarray(1)));
  });
}

test("a key type that nobody knows is refused", async () => {
  await assert.rejects(generateCertificateKey("DSA"), /unknown key type "DSA"/);
});
