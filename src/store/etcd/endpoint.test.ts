import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type EtcdAddress, EtcdAddressError, endpointTargets } from "./endpoint.ts";

const directory = mkdtempSync(join(tmpdir(), "wherry-endpoint-"));
after(() => rmSync(directory, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
const certificateFile = file("c.crt", "-----BEGIN CERTIFICATE-----\n");
const keyFile = file("c.key", "-----BEGIN EC PRIVATE KEY-----\n");

test("URLs of etcd servers", () => {
  const servers = ["http://127.0.0.1:2379", "http://db.example", "http://[::1]:1234/"];
  assert.deepEqual(
    endpointTargets({ servers }).map(({ target }) => target),
    ["127.0.0.1:2379", "db.example:2379", "[::1]:1234"],
  );
  const [secure] = endpointTargets({ servers: ["https://db"], authorityFile: certificateFile });
  assert.ok(secure?.tls()?.authority?.includes("CERTIFICATE"));
});

const wrong: [string, EtcdAddress, RegExp][] = [
  ["none", { servers: [] }, /no etcd server/],
  ["no scheme", { servers: ["127.0.0.1:2379"] }, /"127.0.0.1:2379" is not the URL/],
  ["another scheme", { servers: ["ftp://db:2379"] }, /"ftp:/],
  ["a path", { servers: ["http://db:2379/v3"] }, /is not the URL/],
  ["both kinds", { servers: ["http://a", "https://b"] }, /not both/],
  ["certificates without TLS", { servers: ["http://a"], authorityFile: certificateFile }, /name them with https/],
  ["half a pair", { servers: ["https://a"], certificateFile }, /needs both/],
  ["a pair that is none", { servers: ["https://a"], certificateFile, keyFile }, /and its key cannot be read/],
  [
    "no such file",
    { servers: ["https://a"], authorityFile: join(directory, "none") },
    /the file .*none for etcd cannot be read/,
  ],
  ["a directory", { servers: ["https://a"], authorityFile: directory }, /the file .* for etcd cannot be read: EISDIR/],
  ["another file", { servers: ["https://a"], authorityFile: keyFile }, /c.key holds no CERTIFICATE/],
];
for (const [name, address, message] of wrong) {
  test(`etcd servers that are refused: ${name}`, () => {
    assert.throws(
      () => endpointTargets(address),
      (error) => error instanceof EtcdAddressError && message.test(error.message),
    );
  });
}
