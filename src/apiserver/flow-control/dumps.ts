import { formatMicroTime } from "../../base/clock.ts";
import { textAnswer } from "../exchange.ts";
import type { PathHandler } from "../handlers/handler.ts";
import type { FlowControl } from "./flow-control.ts";
import type { PriorityLevel } from "./priority-level.ts";

const ROOT = "/debug/api_priority_and_fairness/";

/** What flow control does at this moment, as tables for people (upstream's dump_priority_levels, dump_queues, dump_requests). */
export function flowControlDumps(control: FlowControl, clock: { now(): number; monotonic(): number }): PathHandler {
  return ({ path, query }) => {
    if (!path.startsWith(ROOT)) return undefined;
    switch (path.slice(ROOT.length)) {
      case "dump_priority_levels":
        return textAnswer(table(LEVEL_HEAD, control.levels.map(levelRow)));
      case "dump_queues":
        return textAnswer(table(QUEUE_HEAD, control.levels.flatMap(queueRows)));
      case "dump_requests": {
        const isDetailed = query.get("includeRequestDetails") === "1";
        const head = isDetailed ? [...REQUEST_HEAD, ...DETAIL_HEAD] : REQUEST_HEAD;
        const offsetMs = clock.now() - clock.monotonic();
        return textAnswer(
          table(
            head,
            control.levels.flatMap((level) => requestRows(control, level, { isDetailed, offsetMs })),
          ),
        );
      }
      default:
        return undefined;
    }
  };
}

type Row = readonly (string | number | boolean)[];

const LEVEL_HEAD = [
  "PriorityLevelName",
  "ActiveQueues",
  "IsIdle",
  "IsQuiescing",
  "WaitingRequests",
  "ExecutingRequests",
  "DispatchedRequests",
  "RejectedRequests",
  "TimedoutRequests",
  "CancelledRequests",
];
const QUEUE_HEAD = [
  "PriorityLevelName",
  "Index",
  "PendingRequests",
  "ExecutingRequests",
  "SeatsInUse",
  "NextDispatchR",
  "InitialSeatsSum",
  "MaxSeatsSum",
  "TotalWorkSum",
];
const REQUEST_HEAD = [
  "PriorityLevelName",
  "FlowSchemaName",
  "QueueIndex",
  "RequestIndexInQueue",
  "FlowDistingsher",
  "ArriveTime",
  "InitialSeats",
  "FinalSeats",
  "AdditionalLatency",
  "StartTime",
];
const DETAIL_HEAD = ["UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion", "Resource", "SubResource"];

function levelRow(level: PriorityLevel): Row {
  const active = level.queueSet.look().queues.filter((queue) => queue.waiting.size + queue.executing > 0).length;
  return [
    level.name,
    active,
    level.isIdle,
    false,
    level.queueSet.waiting,
    level.executing,
    level.dispatched,
    level.rejected,
    level.timedOut,
    level.cancelled,
  ];
}

function queueRows(level: PriorityLevel): Row[] {
  return level.queueSet
    .look()
    .queues.toSorted((a, b) => a.index - b.index)
    .map((queue) => {
      const waiting = [...queue.waiting.values()];
      const initial = waiting.reduce((sum, { ticket }) => sum + ticket.work.initialSeats, 0);
      return [
        level.name,
        queue.index,
        waiting.length,
        queue.executing,
        queue.seatsInUse,
        `${queue.nextDispatchR.toFixed(8)}ss`,
        initial,
        queue.waitingSeats,
        `${queue.waitingWork.toFixed(8)}ss`,
      ];
    });
}

function requestRows(
  control: FlowControl,
  level: PriorityLevel,
  how: { isDetailed: boolean; offsetMs: number },
): Row[] {
  return level.queueSet.look().requests.map(({ ticket, queue, startedMs }) => {
    const request = control.requestOf(ticket);
    const place = queue === undefined ? -1 : [...queue.waiting.values()].findIndex((each) => each.ticket === ticket);
    const { initialSeats, finalSeats, finalMs } = ticket.work;
    const { info } = request ?? {};
    return [
      level.name,
      request?.flow.schema.name ?? "",
      queue?.index ?? -1,
      place,
      request?.flow.distinguisher ?? "",
      formatMicroTime(ticket.arrivedMs + how.offsetMs),
      initialSeats,
      finalSeats,
      `${finalMs}ms`,
      startedMs < 0 ? "<none>" : formatMicroTime(startedMs + how.offsetMs),
      ...(how.isDetailed
        ? [
            request?.user.name ?? "",
            info?.verb ?? "",
            info?.path ?? "",
            info?.namespace ?? "",
            info?.name ?? "",
            info?.version ?? "",
            info?.resource ?? "",
            info?.subresource ?? "",
          ]
        : []),
    ];
  });
}

function table(head: readonly string[], rows: readonly Row[]): string {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => `${cell},`.padEnd(widths[column]! + 2))
      .join("")
      .trimEnd();
  return `${cells.map(line).join("\n")}\n`;
}
