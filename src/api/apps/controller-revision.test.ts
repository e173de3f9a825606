import { testChange, testNew } from "../testing/kind-table.ts";
import { controllerRevisionKind } from "./controller-revision.ts";

const NO_OBJECT = "data: Required value: data must be a valid JSON object";

testNew(controllerRevisionKind, [
  ["an object", { revision: 1, data: { spec: {} } }],
  ["nothing", { revision: 1 }, "data: Required value: data is mandatory"],
  ["null", { revision: 1, data: null }, "data: Required value: data is mandatory"],
  ["a text", { revision: 1, data: "spec" }, NO_OBJECT],
  ["a list", { revision: 1, data: [] }, NO_OBJECT],
  [
    "a number below zero",
    { revision: -1, data: {} },
    "revision: Invalid value: -1: must be greater than or equal to 0",
  ],
]);

testChange(controllerRevisionKind, [
  ["its number", { revision: 2, data: { a: 1 } }, { revision: 1, data: { a: 1 } }],
  [
    "its data",
    { revision: 1, data: { a: 2 } },
    { revision: 1, data: { a: 1 } },
    'data: Invalid value: {"a":2}: field is immutable',
  ],
]);
