import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../base/random.ts";
import { aesGcmTransformer } from "./aes-gcm-transformer.ts";
import { authenticatedKeys } from "./authenticated-keys.ts";
import { createEncryption, type Encryption } from "./encryption.ts";
import { resourceKeys } from "./resource-keys.ts";
import type { ValueTransformer } from "./transformer.ts";

const KEY = "/registry/secrets/default/a";
const VALUE = Buffer.from('{"a":1}');
const gcm = (name: string): ValueTransformer =>
  aesGcmTransformer({ name, secret: Buffer.alloc(32, name).toString("base64") }, seededRandom(1));
const one = gcm("one");
/** Answers later, as the ones do that ask a key service. */
const later: ValueTransformer = { ...one, decrypt: async (stored, key) => one.decrypt(stored, key) };

function below(roots: readonly [string, ...string[]], transformer = one): Encryption {
  const keys = resourceKeys([{ group: "", resource: "secrets" }]);
  return createEncryption(keys, new Map([["/secrets", [gcm("new"), transformer]]]), authenticatedKeys(roots));
}

test("a value is tied to the key that the engine has it under", async () => {
  const encryption = below(["/kube/", "/registry/"]);
  const stored = encryption.encrypt(VALUE, KEY);
  assert.deepEqual((await gcm("new").decrypt(stored, "/kube/secrets/default/a")).value, VALUE);
  const { value, identity } = await encryption.decrypt(stored, KEY);
  assert.deepEqual([value, identity], [VALUE, encryption.writeIdentity(KEY)]);
});

for (const [what, transformer] of [
  ["at once", one],
  ["later", later],
] as const) {
  test(`one that is tied to a key of before is read, ${what}, and is stale`, async () => {
    const encryption = below(["/kube/", "/registry/", "/older/"], transformer);
    encryption.use(new Map([["/secrets", [transformer]]]));
    for (const root of ["/registry/", "/older/"]) {
      const { value, identity } = await encryption.decrypt(one.encrypt(VALUE, `${root}secrets/default/a`), KEY);
      assert.deepEqual(value, VALUE);
      assert.notEqual(identity, encryption.writeIdentity(KEY));
    }
  });

  test(`one of another object is refused, ${what}`, async () => {
    const stored = one.encrypt(VALUE, "/registry/secrets/default/b");
    const encryption = below(["/kube/", "/registry/"], transformer);
    await assert.rejects(
      async () => encryption.decrypt(stored, KEY),
      /transform key "\/registry.*authentication failed/,
    );
  });
}

test("a key service that fails is asked once, not once for each key", async () => {
  let asked = 0;
  const broken: ValueTransformer = {
    ...one,
    decrypt() {
      asked++;
      return Promise.reject(new Error("away"));
    },
  };
  const stored = one.encrypt(VALUE, KEY);
  await assert.rejects(async () => below(["/kube/", "/registry/"], broken).decrypt(stored, KEY), /away/);
  assert.equal(asked, 1);
});
