import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalCidrErrors,
  canonicalIpErrors,
  cidrErrors,
  ipErrors,
  ipNumber,
  ipText,
  parseCidr,
  parseIp,
  rangeHolds,
} from "./ip-address.ts";
import { cidrWarnings, ipWarnings } from "./ip-warnings.ts";
import { endpointIpErrors } from "./special-address.ts";

const IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

const addresses: readonly [string, string?, string?][] = [
  ["10.0.0.1"],
  ["2001:db8::1"],
  ["2001:0db8::1", undefined, 'must be in canonical form ("2001:db8::1")'],
  ["2001:DB8::1", undefined, 'must be in canonical form ("2001:db8::1")'],
  ["010.0.0.1", "must not have leading 0s"],
  ["10.0.0.08", "must not have leading 0s"],
  ["::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"],
  ["fe80::1%eth0", IP],
  ["256.0.0.1", IP],
  ["", IP],
];
for (const [text, strict, canonical] of addresses) {
  test(`address ${JSON.stringify(text)}`, () => {
    assert.deepEqual(ipErrors(text), strict === undefined ? [] : [strict]);
    assert.deepEqual(canonicalIpErrors(text), [strict ?? canonical].filter(Boolean));
    assert.deepEqual(ipErrors(text, [text]), []);
  });
}

const ranges: readonly [string, string?, string?][] = [
  ["10.0.0.0/8"],
  ["2001:db8::/64"],
  ["0.0.0.0/0"],
  ["2001:DB8::/64", undefined, 'must be in canonical form ("2001:db8::/64")'],
  ["10.0.0.0/08", "must not have leading 0s in IP or prefix length"],
  ["10.00.0.0/8", "must not have leading 0s in IP or prefix length"],
  ["::ffff:1.1.1.0/120", "must not have an IPv4-mapped IPv6 address"],
  ["10.0.0.1/8", "must not have bits set beyond the prefix length"],
  ["10.0.0.0/33", CIDR],
  ["10.0.0.0", CIDR],
  ["/8", CIDR],
];
for (const [text, strict, canonical] of ranges) {
  test(`range ${JSON.stringify(text)}`, () => {
    assert.deepEqual(cidrErrors(text), strict === undefined ? [] : [strict]);
    assert.deepEqual(canonicalCidrErrors(text), [strict ?? canonical].filter(Boolean));
    assert.deepEqual(cidrErrors(text, [text]), []);
  });
}

test("numbers and addresses are the same thing", () => {
  for (const text of [
    "0.0.0.0",
    "10.96.0.7",
    "255.255.255.255",
    "::",
    "::1",
    "2001:db8::ff00:0:1",
    "fd00:1:2:3:4:5:6:7",
  ]) {
    assert.equal(ipText(ipNumber(text), text.includes(":") ? 6 : 4), text);
  }
  const range = parseCidr("fd00::/112")!;
  assert.equal(range.size, 65_536n);
  assert.ok(rangeHolds(range, parseIp("fd00::ffff")!));
  assert.ok(!rangeHolds(range, parseIp("fd00::1:0")!));
  assert.ok(!rangeHolds(range, parseIp("10.0.0.1")!));
});

test("where nothing can be reached", () => {
  assert.deepEqual(endpointIpErrors("0.0.0.0"), ["may not be unspecified (0.0.0.0)"]);
  assert.deepEqual(endpointIpErrors("127.0.0.1"), ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]);
  assert.deepEqual(endpointIpErrors("127.0.0.1", { allowsLoopback: true }), []);
  assert.deepEqual(endpointIpErrors("fe80::1"), ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"]);
  assert.deepEqual(endpointIpErrors("224.0.0.9"), [
    "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
  ]);
  assert.deepEqual(endpointIpErrors("10.0.0.1"), []);
});

test("what is valid and not as it should be is told", () => {
  assert.deepEqual(ipWarnings("a", "2001:DB8::1"), [
    'a: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  ]);
  assert.deepEqual(ipWarnings("a", "010.0.0.1"), [
    'a: non-standard IP address "010.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"',
  ]);
  assert.deepEqual(cidrWarnings("a", "10.0.0.1/8"), [
    'a: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
  ]);
  assert.deepEqual(ipWarnings("a", "10.0.0.1"), []);
});
