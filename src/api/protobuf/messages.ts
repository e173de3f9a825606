import { loadSchema } from "../schema-data.ts";
import { createMessageTable, type MessageTable } from "./table.ts";

let table: MessageTable | undefined;

/** The messages of all built-in kinds. */
export function builtInMessages(): MessageTable {
  table ??= createMessageTable(loadSchema());
  return table;
}

/** Whether protobuf can carry a kind: it carries built-in ones, and no custom resources. */
export function isProtobufKind(apiVersion: string, kind: string): boolean {
  return builtInMessages().ofKind(apiVersion, kind) !== undefined;
}
