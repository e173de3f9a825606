import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../../base/random.ts";
import { newBoxKey, open, seal } from "./sealed-box.ts";

test("only who has the key, the secret and the same idea of it opens a box", () => {
  const [receiver, other] = [newBoxKey(), newBoxKey()];
  const secret = Buffer.from("common");
  const about = "b 1 2";
  const box = seal(Buffer.from("keys"), { publicKey: receiver.publicKey, secret, about }, systemRandom);
  const by = { privateKey: receiver.privateKey, secret, about };
  assert.equal(open(box, by).toString(), "keys");
  assert.ok(!JSON.stringify(box).includes(Buffer.from("keys").toString("base64")));
  const damaged = Buffer.from(box.sealed, "base64");
  damaged[0]! ^= 1;
  const wrong: [string, () => Buffer][] = [
    ["another server's key", () => open(box, { ...by, privateKey: other.privateKey })],
    ["another cluster's secret", () => open(box, { ...by, secret: Buffer.from("guessed") })],
    ["another generation", () => open(box, { ...by, about: "b 1 3" })],
    ["changed bytes", () => open({ ...box, sealed: damaged.toString("base64") }, by)],
    [
      "another sender",
      () =>
        open(
          {
            ...box,
            sender: seal(Buffer.from(""), { publicKey: receiver.publicKey, secret, about }, systemRandom).sender,
          },
          by,
        ),
    ],
  ];
  for (const [name, attempt] of wrong) assert.throws(attempt, Error, name);
});
