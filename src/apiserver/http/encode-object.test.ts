import assert from "node:assert/strict";
import { test } from "node:test";
import type { Table } from "../../api/table.ts";
import { objectAnswer } from "../exchange.ts";
import { encodeSingle } from "./encode-object.ts";

const asTable = { encoding: "json", as: "table", pretty: false } as Parameters<typeof encodeSingle>[1];

async function tableFor(object: Parameters<typeof objectAnswer>[0]): Promise<Table> {
  return JSON.parse((await encodeSingle(objectAnswer(object), asTable, 0)).toString()) as Table;
}

test("a Scale, which belongs to no resource, is a table by its own kind", async () => {
  const table = await tableFor({
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name: "web" },
    spec: { replicas: 3 },
    status: { replicas: 2 },
  } as never);
  assert.deepEqual(
    table.columnDefinitions.map(({ name }) => name),
    ["Name", "Desired", "Available", "Age"],
  );
  assert.deepEqual(table.rows[0]!.cells.slice(0, 3), ["web", 3, 2]);
});

test("what nobody knows is a table of name and age", async () => {
  const table = await tableFor({ apiVersion: "a.example/v1", kind: "Thing", metadata: { name: "x" } });
  assert.deepEqual(
    table.columnDefinitions.map(({ name }) => name),
    ["Name", "Age"],
  );
});
