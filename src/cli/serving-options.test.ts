import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { STRONG_CIPHERS } from "../base/server-tls.ts";
import { CommandError, type Invocation } from "./command.ts";
import { servingOf, trustOf } from "./serving-options.ts";

const invocation = (options: Invocation["options"]) => ({ options }) as unknown as Invocation;
const refused = (options: Invocation["options"], message: RegExp): void => {
  const isIt = (error: unknown): boolean =>
    error instanceof CommandError && error.exitCode === 2 && message.test(error.message);
  const read = () => [servingOf(invocation(options)), trustOf(invocation(options))];
  assert.throws(read, isIt, JSON.stringify(options));
};

test("certificates for names are read as kube-apiserver reads them", () => {
  const named = (...given: string[]) => servingOf(invocation({ "tls-sni-cert-key": given })).named;
  const files = (name: string) => ({ certificateFile: resolve(`${name}.crt`), keyFile: resolve(`${name}.key`) });
  assert.deepEqual(named(" foo.crt , foo.key  "), [{ ...files("foo"), names: [] }]);
  assert.deepEqual(named("foo.crt,foo.key: A.b ,*.c,::1", "bar.crt,bar.key"), [
    { ...files("foo"), names: ["a.b", "*.c", "::1"] },
    { ...files("bar"), names: [] },
  ]);
  for (const odd of ["", "   ", "a", "a,b,c", "a,"]) {
    refused({ "tls-sni-cert-key": [odd] }, /expected the files of a certificate and its key/);
  }
  refused({ "tls-sni-cert-key": ["foo.crt,foo.key:"] }, /a name is empty/);
});

test("certificates and keys come together", () => {
  refused({ "tls-cert-file": "x" }, /--tls-cert-file and --tls-private-key-file must be given together/);
  refused({ "kubelet-client-key": "x" }, /--kubelet-client-certificate and --kubelet-client-key/);
  refused({ "proxy-client-key-file": "x" }, /--proxy-client-cert-file and --proxy-client-key-file/);
});

test("versions and cipher suites have Go's names", () => {
  const protocol = (version?: string, suites?: string) =>
    servingOf(invocation({ "tls-min-version": version, "tls-cipher-suites": suites })).protocol;
  const always = STRONG_CIPHERS.split(":").slice(0, 3).join(":");
  const suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  assert.deepEqual(protocol(), {});
  assert.deepEqual(protocol("VersionTLS13"), { minVersion: "TLSv1.3" });
  assert.deepEqual(protocol(undefined, suite), { ciphers: `${always}:ECDHE-ECDSA-AES128-GCM-SHA256` });
  assert.deepEqual(protocol("VersionTLS11", `${suite},TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA`), {
    minVersion: "TLSv1.1",
    ciphers: `${always}:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0`,
  });
  assert.match(protocol("VersionTLS10")?.ciphers ?? "", /:ECDHE-RSA-AES256-SHA:@SECLEVEL=0$/);
  refused({ "tls-min-version": "TLS12" }, /VersionTLS10, .*not "TLS12"/);
  refused({ "tls-cipher-suites": `${suite},RC4` }, /RC4 is not known; there are TLS_/);
  refused({ "tls-cipher-suites": "TLS_RSA_WITH_RC4_128_SHA" }, /TLS_RSA_WITH_RC4_128_SHA is no longer there/);
  refused({ "tls-cipher-suites": "TLS_RSA_WITH_AES_128_GCM_SHA256" }, /without which there is no HTTP\/2/);
});
