import assert from "node:assert/strict";
import { createCipheriv, createHmac, createSecretKey } from "node:crypto";
import { describe, test } from "node:test";
import { seededRandom } from "../../base/random.ts";
import { aesCbcTransformer } from "./aes-cbc-transformer.ts";
import { aesGcmTransformer } from "./aes-gcm-transformer.ts";
import { openExtended, sealExtended } from "./extended-nonce.ts";
import { poly1305 } from "./poly1305.ts";
import { secretboxTransformer } from "./secretbox-transformer.ts";
import type { Decrypted, ValueTransformer } from "./transformer.ts";

const KEY = "/registry/secrets/default/a";
const SECRET = Buffer.alloc(32, 7).toString("base64");
const random = seededRandom(1);
const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ""), "hex");

function read(transformer: ValueTransformer, stored: Buffer, key = KEY): string {
  return (transformer.decrypt(stored, key) as Decrypted).value.toString();
}

describe("every provider", () => {
  const makers = { aesgcm: aesGcmTransformer, aescbc: aesCbcTransformer, secretbox: secretboxTransformer };
  for (const [name, make] of Object.entries(makers)) {
    const transformer = make({ name: "key1", secret: SECRET }, random);
    for (const size of [1, 15, 16, 17, 63, 64, 65, 3000]) {
      test(`${name} gives back ${size} bytes, and hides them`, () => {
        const value = Buffer.from("x".repeat(size));
        const stored = transformer.encrypt(value, KEY);
        assert.equal(stored.toString("latin1", 0, transformer.prefix.length), `k8s:enc:${name}:v1:key1:`);
        assert.equal(stored.includes("xxxxx"), false);
        assert.deepEqual(transformer.decrypt(stored, KEY), { value, identity: transformer.writeIdentity() });
      });
    }

    test(`${name} refuses a value that is cut off`, () => {
      const stored = transformer.encrypt(Buffer.from("value"), KEY);
      assert.throws(() => transformer.decrypt(stored.subarray(0, transformer.prefix.length + 5), KEY), /shorter/);
    });

    test(`${name} tells another key of the same name`, () => {
      const other = make({ name: "key1", secret: Buffer.alloc(32, 8).toString("base64") }, random);
      assert.notEqual(other.writeIdentity(), transformer.writeIdentity());
      assert.equal(make({ name: "key1", secret: SECRET }, random).writeIdentity(), transformer.writeIdentity());
    });
  }

  for (const name of ["aesgcm", "secretbox"] as const) {
    test(`${name} notices every changed bit`, () => {
      const transformer = makers[name]({ name: "key1", secret: SECRET }, random);
      const stored = transformer.encrypt(Buffer.from("value"), KEY);
      for (let at = transformer.prefix.length; at < stored.length; at++) {
        const changed = Buffer.from(stored);
        changed[at]! ^= 1;
        assert.throws(() => transformer.decrypt(changed, KEY), `byte ${at}`);
      }
    });
  }
});

test("aesgcm binds a value to its object's key", () => {
  const transformer = aesGcmTransformer({ name: "key1", secret: SECRET }, random);
  const stored = transformer.encrypt(Buffer.from("value"), KEY);
  assert.throws(() => transformer.decrypt(stored, "/registry/secrets/default/b"), /authentication failed/);
});

test("aesgcm reads what upstream writes: nonce, ciphertext, tag, with the storage key authenticated", () => {
  const nonce = Buffer.alloc(12, 3);
  const cipher = createCipheriv("aes-256-gcm", Buffer.alloc(32, 7), nonce);
  cipher.setAAD(Buffer.from(KEY));
  const text = Buffer.concat([cipher.update("upstream"), cipher.final()]);
  const stored = Buffer.concat([Buffer.from("k8s:enc:aesgcm:v1:key1:"), nonce, text, cipher.getAuthTag()]);
  assert.equal(read(aesGcmTransformer({ name: "key1", secret: SECRET }, random), stored), "upstream");
});

test("aesgcm never uses a nonce twice", () => {
  const transformer = aesGcmTransformer({ name: "key1", secret: SECRET }, random);
  const nonces = new Set<string>();
  for (let count = 0; count < 1000; count++) {
    const at = transformer.prefix.length;
    nonces.add(transformer.encrypt(Buffer.from("value"), KEY).toString("hex", at, at + 12));
  }
  assert.equal(nonces.size, 1000);
});

test("a derived key is HKDF-Expand of the seed over the value's first 32 bytes", () => {
  const seed = Buffer.alloc(32, 5);
  const sealed = sealExtended(Buffer.from("value"), { seed: createSecretKey(seed), authenticated: KEY, random });
  const info = sealed.subarray(0, 32);
  const key = createHmac("sha256", seed).update(info).update(Buffer.of(1)).digest();
  const cipher = createCipheriv("aes-256-gcm", key, sealed.subarray(32, 44));
  cipher.setAAD(Buffer.from(KEY));
  assert.deepEqual(cipher.update("value"), sealed.subarray(44, 49));
  const opened = openExtended(sealed, { seed: createSecretKey(seed), authenticated: KEY });
  assert.equal(opened.toString(), "value");
});

test("Poly1305 of RFC 8439, 2.5.2", () => {
  const key = hex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b");
  const tag = poly1305(Buffer.from("Cryptographic Forum Research Group"), key);
  assert.equal(tag.toString("hex"), "a8061dc1305136c6c22b8baf0c0127a9");
});

test("Poly1305 where the sum wraps around the prime (RFC 8439, A.3 #7 and #11)", () => {
  const wraps = hex(`${"ff".repeat(16)}f0${"ff".repeat(15)}11${"00".repeat(15)}`);
  assert.equal(poly1305(wraps, hex(`01${"00".repeat(31)}`)).toString("hex"), `05${"00".repeat(15)}`);
  const long = hex(
    "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000000000000000000000",
  );
  const key = hex(`0100000000000000040000000000000000000000000000000000000000000000`);
  assert.equal(poly1305(long, key).toString("hex"), "14000000000000005500000000000000");
});

test("secretbox of NaCl's own test (tests/secretbox.c)", () => {
  const key = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
  const nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
  const message = hex(`
    be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f4
    1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52
    f0a089bc76897040e082f937763848645e0705`);
  const boxed = hex(`
    f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b
    4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da
    99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5`);
  const transformer = secretboxTransformer({ name: "k", secret: key.toString("base64") }, random);
  const stored = Buffer.concat([Buffer.from(transformer.prefix), nonce, boxed]);
  assert.deepEqual((transformer.decrypt(stored, KEY) as Decrypted).value, message);
});
