import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../api/status.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { type Exchange, textAnswer } from "../exchange.ts";
import { requestInfo } from "../request-info.ts";
import { deadlineFilter } from "./deadline.ts";

function exchange(path: string, search = ""): Exchange & { given: { up: boolean } } {
  const query = new URLSearchParams(search);
  const given = { up: false };
  return {
    method: "GET",
    path,
    query,
    info: requestInfo("GET", path, query),
    given,
    giveUp: () => {
      given.up = true;
    },
  } as unknown as Exchange & { given: { up: boolean } };
}

const never = (): Promise<never> => new Promise(() => {});
const isTimeout = (error: unknown): boolean =>
  error instanceof StatusError && error.status.code === 504 && error.status.reason === "Timeout";

test("a request that takes too long ends with 504, and its work is told", async () => {
  const clock = new VirtualClock();
  const asked = exchange("/api/v1/pods");
  const answer = Promise.resolve(deadlineFilter(clock, 60_000)(asked, never));
  await clock.advance(59_999);
  assert.equal(asked.given.up, false);
  const refused = assert.rejects(answer, isTimeout);
  await clock.advance(1);
  await refused;
  assert.equal(asked.given.up, true);
});

test("?timeout shortens, never lengthens", async () => {
  const clock = new VirtualClock();
  const short = Promise.resolve(deadlineFilter(clock, 60_000)(exchange("/api/v1/pods", "timeout=2s"), never));
  const long = Promise.resolve(deadlineFilter(clock, 60_000)(exchange("/api/v1/pods", "timeout=2h"), never));
  const both = Promise.all([assert.rejects(short, isTimeout), assert.rejects(long, isTimeout)]);
  await clock.advance(2000);
  await clock.advance(58_000);
  await both;
});

test("a timeout that is none is a bad request", () => {
  const filter = deadlineFilter(new VirtualClock(), 60_000);
  assert.throws(() => void filter(exchange("/api/v1/pods", "timeout=soon"), never), { code: 400 });
});

test("no time at all, or less, says nothing", async () => {
  const clock = new VirtualClock();
  const ends = ["timeout=0s", "timeout=-1s"].map((search) =>
    assert.rejects(Promise.resolve(deadlineFilter(clock, 60_000)(exchange("/api/v1/pods", search), never)), isTimeout),
  );
  await clock.advance(59_999);
  assert.equal(clock.monotonic() < 60_000, true);
  await clock.advance(1);
  await Promise.all(ends);
});

test("watches and streams have no deadline", async () => {
  const clock = new VirtualClock();
  let ended = false;
  const paths: [string, string][] = [
    ["/api/v1/pods", "watch=true"],
    ["/api/v1/namespaces/a/pods/b/log", "follow=true"],
  ];
  for (const [path, search] of paths) {
    void Promise.resolve(deadlineFilter(clock, 60_000)(exchange(path, search), never)).finally(() => {
      ended = true;
    });
  }
  await clock.advance(3_600_000);
  assert.equal(ended, false);
});

test("an answer in time cancels the deadline", async () => {
  const clock = new VirtualClock();
  const asked = exchange("/version");
  await deadlineFilter(clock, 60_000)(asked, async () => textAnswer("ok"));
  await clock.advance(60_000);
  assert.equal(asked.given.up, false);
});
