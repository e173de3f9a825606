import { testChange, testNew } from "../testing/kind-table.ts";
import { eventsEventKind } from "./event.ts";

const event = (more: object = {}) => ({
  regarding: { kind: "Pod", namespace: "default", name: "web" },
  eventTime: "2026-01-01T00:00:00.000000Z",
  reportingController: "example.com/watcher",
  reportingInstance: "watcher-1",
  action: "Look",
  reason: "Seen",
  type: "Normal",
  ...more,
});
const ELSEWHERE = "does not match event.namespace";
const LATE = { eventTime: undefined };

testNew(eventsEventKind, [
  ["what a reporter writes", event()],
  ["of an object of another namespace", event({ regarding: { kind: "Pod", namespace: "other" } })],
  ["without its time", event(LATE), "eventTime: Required value"],
  [
    "without its time, of another namespace",
    event({ ...LATE, regarding: { kind: "Pod", namespace: "other" } }),
    `involvedObject.namespace: Invalid value: "other": ${ELSEWHERE}`,
    "eventTime: Required value",
  ],
  [
    "with fields of old",
    event({ deprecatedCount: 1, deprecatedSource: { host: "a" } }),
    'count: Invalid value: "": needs to be unset',
    'source: Invalid value: "": needs to be unset',
  ],
  [
    "a series of one",
    event({ series: { count: 1 } }),
    'series.count: Invalid value: "": should be at least 2',
    "series.lastObservedTime: Required value",
  ],
]);

testChange(eventsEventKind, [
  ["it happens again", event({ series: { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" } }), event()],
  [
    "what it says",
    event({ note: "b", type: "Warning" }),
    event({ note: "a" }),
    'message: Invalid value: "b": field is immutable',
    'type: Invalid value: "Warning": field is immutable',
  ],
]);
