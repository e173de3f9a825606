import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { createTestAuthority } from "../../base/testing/certificates.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { readAccountKeys } from "./account-keys.ts";
import { openGivenFiles } from "./given-files.ts";

describe("files that were given", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-given-"));
  after(() => rmSync(directory, { recursive: true }));
  const environment = { clock: new VirtualClock(Date.now()), log: silentLogger };
  const authority = createTestAuthority();
  const [first, second] = [authority.issueFor("first", ["a"]), authority.issueFor("second", ["b"])];

  function put(name: string, text: string): string {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  }

  const open = (certificate: string, key: string) =>
    openGivenFiles(
      {
        serving: {
          certificate: { certificateFile: put("tls.crt", certificate), keyFile: put("tls.key", key) },
          named: [],
        },
      },
      environment,
    );

  test("are refused with the flag, the file and what is wrong with it", async () => {
    const name = (file: string) => join(directory, file);
    const encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    const broken = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    const cases: [string, string, RegExp][] = [
      ["", first.key, /^tls-cert-file: \S+tls\.crt has no certificate in PEM$/],
      [first.cert + broken, first.key, /^tls-cert-file: certificate 2 of \S+tls\.crt cannot be read: /],
      [first.cert, first.cert, /^tls-private-key-file: \S+tls\.key has no private key in PEM$/],
      [first.cert, encrypted, /^tls-private-key-file: \S+tls\.key is encrypted/],
      [first.cert, second.key, /^tls-private-key-file: \S+tls\.key does not fit the certificate in \S+tls\.crt$/],
    ];
    for (const [certificate, key, message] of cases) await assert.rejects(open(certificate, key), { message });
    const absent = { clientAuthorityFile: name("absent") };
    await assert.rejects(openGivenFiles({ trust: absent }, environment), /^\S+ client-ca-file: cannot read \S+absent/);
    const keys = { keyFiles: [put("none.pub", "nothing")] };
    await assert.rejects(readAccountKeys(keys), /service-account-key-file: \S+none\.pub has no key in PEM$/);
    const signing = { signingKeyFile: put("sa.pub", first.cert) };
    await assert.rejects(readAccountKeys(signing), /service-account-signing-key-file: \S+sa\.pub has no private key/);
  });

  test("are read again when they change; what is no good leaves what was there", async () => {
    const given = await open(first.cert, first.key);
    let changes = 0;
    given.onChange(() => changes++);
    const shown = () => given.current().serving?.certificate;
    put("tls.crt", second.cert);
    await given.look();
    assert.deepEqual([shown(), changes], [first.cert, 0], "half a pair");
    put("tls.key", second.key);
    await given.look();
    assert.deepEqual([shown(), changes], [second.cert, 1]);
    rmSync(join(directory, "tls.key"));
    await given.look();
    assert.deepEqual([shown(), changes], [second.cert, 1], "no file");
    put("tls.key", first.key);
    put("tls.crt", first.cert);
    await environment.clock.advance(5_000);
    await given.look();
    assert.deepEqual([shown(), changes], [first.cert, 2], "by itself");
    await given.stop();
  });

  test("bundles have each certificate once, and nothing else", async () => {
    const file = put("ca.crt", `My authority:\n${authority.ca}${first.key}${authority.ca}`);
    const given = await openGivenFiles({ trust: { clientAuthorityFile: file } }, environment);
    assert.equal(given.current().clientAuthority, authority.ca);
    await given.stop();
  });
});
