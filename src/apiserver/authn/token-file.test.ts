import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationFileError } from "../configuration/parse-file.ts";
import { parseTokenFile, readTokenFile } from "./token-file.ts";

test("a line is a token", () => {
  const text = 'one,jo,7\ntwo, "a ""b""" ,8,"dev,ops"\n\n# a remark\n,nobody,9\none,ann,10,qa\r\n';
  assert.deepEqual(parseTokenFile(text, "f"), [
    { token: "one", user: { name: "ann", uid: "10", groups: ["qa"] } },
    { token: "two", user: { name: 'a "b"', uid: "8", groups: ["dev", "ops"] } },
  ]);
});

test("what is no such file", async () => {
  assert.throws(() => parseTokenFile("a,b", "f"), /f, line 1 must have at least 3 columns .*, found 2/);
  assert.throws(() => parseTokenFile('a,b,c\nd,e,f,"g', "f"), /f, line 2: a quote is not closed/);
  await assert.rejects(readTokenFile("/nowhere/tokens"), ConfigurationFileError);
});
