import { checkLog } from "./check-log.ts";
import type { History, Operation } from "./history.ts";
import { findDisorder } from "./linearizable.ts";

/** Everything that is wrong with a history, in words; nothing when the store has kept its promises. */
export function checkHistory(history: History): string[] {
  const byKey = Map.groupBy(history.operations, ({ key }) => key);
  const disorders = [...byKey].flatMap(([key, operations]) => {
    const stuck = findDisorder(operations);
    return stuck === undefined ? [] : [`${key} is not linearizable at: ${stuck.map(textOf).join("; ")}`];
  });
  return [...disorders, ...checkLog(history)];
}

function textOf({ client, action, answer, invokedAt }: Operation): string {
  return `${client} @${invokedAt} ${JSON.stringify(action)} -> ${JSON.stringify(answer ?? "unknown")}`;
}
