import assert from "node:assert/strict";
import { test } from "node:test";
import { byteRange } from "./byte-range.ts";
import { contentTypeOf } from "./content-type.ts";
import { journalArguments } from "./journal.ts";
import { listing } from "./listing.ts";
import { nodeLogQuery, queryErrors } from "./query.ts";

test("ranges of bytes", () => {
  const cases: readonly (readonly [string | undefined, ReturnType<typeof byteRange>])[] = [
    [undefined, "whole"],
    ["bytes=0-3", { first: 0, last: 3 }],
    ["bytes=4-", { first: 4, last: 9 }],
    ["bytes=4-400", { first: 4, last: 9 }],
    ["bytes=-3", { first: 7, last: 9 }],
    ["bytes=-300", { first: 0, last: 9 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-2", "whole"],
    ["bytes=0-1,3-4", "whole"],
    ["bytes=-", "whole"],
    ["lines=0-1", "whole"],
  ];
  for (const [header, wanted] of cases) assert.deepEqual(byteRange(header, 10), wanted, header);
  assert.equal(byteRange("bytes=0-", 0), "unsatisfiable");
});

test("a directory is a page of links, whatever its names", () => {
  const page = listing(["b.log", "apt/", "a<b>", "x:y"]);
  const lines = page.split("\n").slice(2, -1);
  assert.deepEqual(lines, [
    "<pre>",
    '<a href="a%3Cb%3E">a&lt;b&gt;</a>',
    '<a href="apt/">apt/</a>',
    '<a href="b.log">b.log</a>',
    '<a href="./x%3Ay">x:y</a>',
    "</pre>",
  ]);
});

test("a log is text, packed or something else, and never a page", () => {
  assert.equal(contentTypeOf(Buffer.from("<html>hello</html>\u001b[0m")), "text/plain; charset=utf-8");
  assert.equal(contentTypeOf(Buffer.from([0x1f, 0x8b, 8, 0])), "application/x-gzip");
  assert.equal(contentTypeOf(Buffer.from([0x41, 0])), "application/octet-stream");
});

const read = (text: string) => nodeLogQuery(new URLSearchParams(text));
const told = (text: string): string[] => {
  const { query, errors } = read(text);
  const all =
    query === undefined
      ? errors
      : [...errors, ...queryErrors(query, (pattern) => (pattern === "(" ? "bad" : undefined))];
  return all.map(({ field, message }) => `${field}: ${message}`);
};

test("what services are asked for is read, and becomes a call of journalctl", () => {
  assert.deepEqual(read(""), { query: undefined, errors: [] });
  const { query, errors } = read(
    "query=kubelet&query=crio&sinceTime=2026-01-02T03:04:05%2B01:00&untilTime=2026-01-03T00:00:00.5Z&tailLines=10&boot=-1&pattern=a.b",
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(journalArguments(query!.services, query!.options), [
    ...["--utc", "--no-pager", "--output=short-precise", "--since=2026-01-02 02:04:05 UTC"],
    ...["--until=2026-01-03 00:00:00 UTC", "--pager-end", "--lines=10", "--unit=kubelet", "--unit=crio", "--grep=a.b"],
    ...["--boot", "-1"],
  ]);
});

test("what cannot be asked for is refused in upstream's words", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["query=%20", ['query: Invalid value: [" "]: query cannot be empty']],
    ["query=a&sinceTime=now", ['sinceTime: Invalid value: "now": invalid time format']],
    ["query=a&boot=x", ['boot: Invalid value: "x": strconv.Atoi: parsing "x": invalid syntax']],
    ["query=a&boot=1", ["boot: Invalid value: 1: must be less than 1"]],
    ["query=a&tailLines=100001", ["tailLines: Invalid value: 100001: must be between 0 and 100000, inclusive"]],
    ["query=a&pattern=(", ['pattern: Invalid value: "(": bad']],
    ["tailLines=5", ["query: Required value: cannot be empty with options"]],
    ["query=a&query=/b", ['query: Invalid value: "[/b], [a]": cannot specify a file and service']],
    ["query=/a&tailLines=5", ['query: Invalid value: ["/a"]: cannot specify file with options']],
    ["query=/a&query=/b", ['query: Invalid value: ["/a","/b"]: cannot specify more than one file']],
    ["query=a;b", ['query: Invalid value: "a;b": input contains unsupported characters']],
    ["query=--all", []],
    ["query=a&query=b&query=c&query=d&query=e", ["query: Too many: 5: must have at most 4 items"]],
    [
      "query=a&sinceTime=2026-01-02T00:00:00Z&untilTime=2026-01-01T00:00:00Z",
      ['untilTime: Invalid value: "2026-01-01T00:00:00.000Z": must be after `sinceTime`'],
    ],
  ];
  for (const [text, wanted] of cases) assert.deepEqual(told(text), wanted, text);
});
