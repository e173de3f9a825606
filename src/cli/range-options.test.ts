import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError, type Invocation } from "./command.ts";
import { rangesOf } from "./range-options.ts";

const asked = (options: Record<string, string>): Invocation => ({ options }) as unknown as Invocation;
const services = (text: string) => ({ "service-cluster-ip-range": text });

test("nothing is said of what is not given", () => {
  assert.deepEqual(
    Object.values(rangesOf(asked({}))).filter((value) => value !== undefined),
    [],
  );
});

test("what the command line says of addresses, in one form", () => {
  const options = {
    "service-cluster-ip-range": "10.0.0.7/24",
    "service-node-port-range": "20000+99",
    "cluster-cidr": "10.8.0.0/14",
    "node-cidr-mask-size": "26",
    "cluster-domain": "corp.example",
  };
  assert.deepEqual(rangesOf(asked(options)), {
    serviceCidr: "10.0.0.0/24",
    serviceNodePortRange: "20000-20099",
    clusterCidr: "10.8.0.0/14",
    nodeCidrMaskSize: 26,
    clusterDomain: "corp.example",
  });
  for (const range of ["10.16.0.0/12", "192.168.0.0/29"])
    assert.equal(rangesOf(asked(services(range))).serviceCidr, range);
});

const wrong: [string, Record<string, string>, RegExp][] = [
  ["a variable that is not set", { "cluster-domain": "" }, /--cluster-domain is empty: say which, or leave it out/],
  ["no range", services("10.0.0.0"), /--service-cluster-ip-range 10\.0\.0\.0 is not a range of IPv4 addresses/],
  ["leading zeros", services("010.0.0.0/24"), /is not a range of IPv4/],
  ["IPv6", services("fd00::/108"), /is IPv6, which is not there yet/],
  ["dual stack", services("10.0.0.0/24,fd00::/108"), /is more than one range, and IPv6 is not there yet: name one/],
  ["too many Services", services("10.0.0.0/11"), /is too large: take a \/12 to \/29/],
  ["too few", services("10.0.0.0/30"), /is too small/],
  ["loopback", services("127.0.0.0/16"), /has addresses of each machine itself \(127\.0\.0\.0\/8\)/],
  ["multicast", services("239.0.0.0/16"), /has addresses of groups/],
  ["links", services("169.254.0.0/24"), /has addresses of links/],
  ["links among others", { "cluster-cidr": "169.0.0.0/8" }, /has addresses of links/],
  [
    "too few pods",
    { "cluster-cidr": "10.0.0.0/25" },
    /--cluster-cidr 10\.0\.0\.0\/25 is too small: take a \/8 to \/24/,
  ],
  ["a node's part that is larger than the whole", { "node-cidr-mask-size": "15" }, /from 16 to 30 .* \/16, not "15"/],
  [
    "more nodes than upstream has",
    { "cluster-cidr": "10.0.0.0/8", "node-cidr-mask-size": "25" },
    /from 8 to 24 for pods' addresses of a \/8, not "25"/,
  ],
  ["no number", { "node-cidr-mask-size": "x" }, /not "x"/],
  ["no ports", { "service-node-port-range": "0-10" }, /is ports from 1 to 65535 such as 30000-32767, not "0-10"/],
  ["no domain", { "cluster-domain": "Corp_" }, /--cluster-domain is a name such as cluster\.local/],
  [
    "a domain that names do not fit before",
    { "cluster-domain": `${"a".repeat(60)}.${"b".repeat(60)}` },
    /of at most 120/,
  ],
];
for (const [what, options, message] of wrong) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => rangesOf(asked(options)),
      (error) => error instanceof CommandError && error.exitCode === 2 && message.test(error.message),
    );
  });
}
