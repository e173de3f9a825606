import { afterEach, suite, test } from "node:test";
import { tellWhenFailed } from "../tell-when-failed.ts";

/** For tell-when-failed.test.ts, which runs it. */
suite("a suite", () => {
  afterEach((context) => tellWhenFailed(context, async () => `why ${(context as { name: string }).name}`));
  test("passes", () => {});
  test("fails", () => {
    throw new Error("it does");
  });
});
