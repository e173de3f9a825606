import assert from "node:assert/strict";
import { test } from "node:test";
import { BadCredentialsError } from "./authenticator.ts";
import { firstKnown } from "./first-known.ts";

type Way = () => string | undefined | Promise<string | undefined>;

const knows: Way = () => "jane";
const knowsNobody: Way = () => undefined;
const refuses =
  (why: string): Way =>
  () => {
    throw new BadCredentialsError(why);
  };
const later =
  (way: Way): Way =>
  async () =>
    way();
const first = (...ways: Way[]) => firstKnown(ways, (way) => way(), "; ");

test("who waits for nothing is answered at once", () => {
  assert.equal(first(knowsNobody, refuses("bad"), knows), "jane");
  assert.equal(first(knowsNobody), undefined);
  assert.throws(() => first(refuses("a"), knowsNobody, refuses("b")), { name: "BadCredentialsError", message: "a; b" });
});

test("from the first that has to wait on, the order and what went wrong before it stay", async () => {
  assert.equal(await first(knowsNobody, later(knowsNobody), knows, refuses("not asked")), "jane");
  assert.equal(await first(later(knowsNobody), knowsNobody), undefined);
  const refused = async () => first(refuses("a"), later(refuses("b")), refuses("c"), later(knowsNobody));
  await assert.rejects(refused, { name: "BadCredentialsError", message: "a; b; c" });
});

test("an error that is nobody's fault is not swallowed", async () => {
  const broken: Way = () => {
    throw new Error("broken");
  };
  assert.throws(() => first(broken, knows), /broken/);
  await assert.rejects(async () => first(later(broken), knows), /broken/);
});
