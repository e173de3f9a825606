import assert from "node:assert/strict";
import { test } from "node:test";
import { addressBytes } from "./address-bytes.ts";

test("addresses become bytes", () => {
  const cases: [string, string | undefined][] = [
    ["10.96.0.1", "0a600001"],
    ["::1", "00000000000000000000000000000001"],
    ["::", "00000000000000000000000000000000"],
    ["2001:db8::7", "20010db8000000000000000000000007"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
    ["fe80::1%eth0", undefined],
    ["boat", undefined],
    ["1.2.3", undefined],
    ["1.2.3.256", undefined],
    ["1.2.3.04", undefined],
    ["2001:DB8:0:0:1::", "20010db8000000000001000000000000"],
    ["1:2:3:4:5:6:7", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["1::2::3", undefined],
    ["1:2:3:4:5:6:7::8", undefined],
    ["1:::2", undefined],
    [":", undefined],
    ["12345::", undefined],
    ["::1.2.3", undefined],
    ["1.2.3.4::", undefined],
  ];
  for (const [address, hex] of cases) assert.equal(addressBytes(address)?.toString("hex"), hex, address);
});
