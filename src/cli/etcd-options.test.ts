import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError, type Invocation } from "./command.ts";
import { etcdOf, pkiDirectoryOf } from "./etcd-options.ts";

const asked = (options: Record<string, string>): Invocation => ({ options }) as unknown as Invocation;

test("no etcd when none is named", () => {
  assert.equal(etcdOf(asked({})), undefined);
  assert.equal(etcdOf(asked({ "etcd-prefix": "/registry" })), undefined);
  assert.equal(pkiDirectoryOf(asked({})), undefined);
});

test("what the command line says of etcd", () => {
  const options = {
    "etcd-servers": "https://a:2379,https://b:2379,",
    "etcd-cafile": "/ca.crt",
    "etcd-certfile": "/c.crt",
    "etcd-keyfile": "/c.key",
    "etcd-prefix": "/kubernetes.io/",
  };
  assert.deepEqual(etcdOf(asked(options)), {
    servers: ["https://a:2379", "https://b:2379"],
    prefix: "/kubernetes.io",
    authorityFile: "/ca.crt",
    certificateFile: "/c.crt",
    keyFile: "/c.key",
  });
  const relative = etcdOf(asked({ "etcd-servers": "http://a", "etcd-prefix": "shop/registry" }));
  assert.equal(relative?.prefix, "/shop/registry");
});

const wrong: [string, Record<string, string>, RegExp][] = [
  [
    "a certificate for nobody",
    { "etcd-certfile": "/c.crt" },
    /--etcd-certfile is for an etcd that --etcd-servers names/,
  ],
  ["a variable that is not set", { "etcd-servers": "" }, /--etcd-servers is empty: say where, or leave it out/],
  ["no authority", { "etcd-servers": "https://a", "etcd-cafile": "" }, /--etcd-cafile is empty/],
  ["no path", { "etcd-servers": "http://a", "etcd-prefix": "a//b" }, /--etcd-prefix is a path/],
  ["the root", { "etcd-servers": "http://a", "etcd-prefix": "/" }, /--etcd-prefix is a path/],
];
for (const [name, options, message] of wrong) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => etcdOf(asked(options)),
      (error) => error instanceof CommandError && error.exitCode === 2 && message.test(error.message),
    );
  });
}
