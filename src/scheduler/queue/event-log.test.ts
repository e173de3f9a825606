import assert from "node:assert/strict";
import { test } from "node:test";
import { Action, type ClusterEvent } from "./cluster-event.ts";
import { EventLog } from "./event-log.ts";

const event = (): ClusterEvent => ({ on: "namespace", actions: Action.add });

test("a pod hears what happened since it began, whoever has ended meanwhile", () => {
  const log = new EventLog();
  log.begin("a");
  const first = event();
  log.record(first);
  log.begin("b");
  const second = event();
  log.record(second);
  log.begin("c");
  log.forget("a");
  const third = event();
  log.record(third);
  assert.deepEqual(log.end("c"), [third]);
  assert.deepEqual(log.end("b"), [second, third]);
  assert.equal(log.length, 0);
});

test("at most twice as much is kept as somebody may ask for", () => {
  const log = new EventLog();
  for (let pod = 0; pod < 1000; pod++) {
    log.begin(`${pod}`);
    log.record(event());
    if (pod >= 10) log.forget(`${pod - 10}`);
    assert.ok(log.length <= 22, `${log.length}`);
  }
});

test("when too much has happened only pods that began before it are told so", () => {
  const log = new EventLog(10);
  log.begin("old");
  for (let count = 0; count < 11; count++) log.record(event());
  log.begin("new");
  log.record(event());
  assert.equal(log.end("old"), "unknown");
  assert.equal(log.end("new").length, 1);
});
