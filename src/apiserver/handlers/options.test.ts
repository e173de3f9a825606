import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../api/status.ts";
import { checkListOptions } from "./options.ts";

const INVALID = 'ListOptions.meta.k8s.io "" is invalid: ';
const MATCH = "resourceVersionMatch: Forbidden: ";
const NEEDS_VERSION = `${MATCH}resourceVersionMatch is forbidden unless resourceVersion is provided`;
const WITH_CONTINUE = `${MATCH}resourceVersionMatch is forbidden when continue is provided`;
const NO_EXACT_ZERO = `${MATCH}resourceVersionMatch "exact" is forbidden for resourceVersion "0"`;
const UNSUPPORTED = 'resourceVersionMatch: Unsupported value: "foo": supported values: ';
const NEEDS_MATCH = `${MATCH}sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`;
const NEEDS_INITIAL = `${MATCH}resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`;

/** What upstream's ValidateListOptions says of them, nothing when they are right. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  "": [],
  "resourceVersion=1&resourceVersionMatch=Exact": [],
  "resourceVersion=0&resourceVersionMatch=NotOlderThan": [],
  "resourceVersion=1&continue=x": [],
  "resourceVersionMatch=": [],
  "resourceVersion=0&resourceVersionMatch=Exact": [NO_EXACT_ZERO],
  "resourceVersion=0&resourceVersionMatch=foo": [`${UNSUPPORTED}"Exact", "NotOlderThan", ""`],
  "resourceVersionMatch=Exact": [NEEDS_VERSION],
  "resourceVersion=1&resourceVersionMatch=Exact&continue=x": [WITH_CONTINUE],
  "resourceVersionMatch=foo&continue=x": [NEEDS_VERSION, WITH_CONTINUE, `${UNSUPPORTED}"Exact", "NotOlderThan", ""`],
  "sendInitialEvents=false": ["sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"],
};
const WATCHES: Readonly<Record<string, readonly string[]>> = {
  "": [],
  "sendInitialEvents=true&resourceVersionMatch=NotOlderThan": [],
  "sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=5": [],
  "sendInitialEvents=true": [NEEDS_MATCH],
  "sendInitialEvents=true&resourceVersionMatch=foo": [NEEDS_MATCH, `${UNSUPPORTED}"NotOlderThan"`],
  "resourceVersionMatch=NotOlderThan": [NEEDS_INITIAL],
  "resourceVersionMatch=NotOlderThan&continue=x": [NEEDS_INITIAL, WITH_CONTINUE],
};

function refusal(query: string, isWatch: boolean): string {
  try {
    checkListOptions(new URLSearchParams(query), isWatch);
    return "";
  } catch (error) {
    assert.ok(error instanceof StatusError && error.code === 422);
    return error.message;
  }
}

function messageOf(errors: readonly string[]): string {
  if (errors.length === 0) return "";
  return `${INVALID}${errors.length === 1 ? errors[0] : `[${errors.join(", ")}]`}`;
}

test("lists combine what upstream's may", () => {
  for (const [query, errors] of Object.entries(LISTS)) assert.equal(refusal(query, false), messageOf(errors), query);
});

test("watches combine what upstream's may", () => {
  for (const [query, errors] of Object.entries(WATCHES)) assert.equal(refusal(query, true), messageOf(errors), query);
});
