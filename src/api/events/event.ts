import { eventColumns, isElsewhere } from "../core/event.ts";
import { named, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { Event } from "../generated/events.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { qualifiedNameErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { equalJson } from "../patch/json-value.ts";
import { toCoreEvent } from "./convert-event.ts";

/** events.k8s.io events: the same events as in the core group, stricter. */
export const eventsEventKind = defineKind<Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  defaultPropagation: "unsupported",
  // Null in events that the core group's recorders wrote, and told.
  setDefaults(event) {
    event.eventTime ??= null as unknown as string;
  },
  validateCreate: validateEvent,
  validateUpdate: (event, old) => [
    ...(equalJson(event.series ?? null, old.series ?? null) ? [] : validateSeries(event)),
    ...FIXED.flatMap(([key, field]) => immutable(event[key] ?? undefined, old[key] ?? undefined, field)),
  ],
  columns: eventColumns.map((column) => ({
    ...column,
    cell: (event, context) => column.cell(toCoreEvent(event), context),
  })),
  selectableFields: {
    "regarding.kind": ({ regarding }) => regarding?.kind ?? "",
    "regarding.namespace": ({ regarding }) => regarding?.namespace ?? "",
    "regarding.name": ({ regarding }) => regarding?.name ?? "",
    "regarding.uid": ({ regarding }) => regarding?.uid ?? "",
    "regarding.apiVersion": ({ regarding }) => regarding?.apiVersion ?? "",
    "regarding.resourceVersion": ({ regarding }) => regarding?.resourceVersion ?? "",
    "regarding.fieldPath": ({ regarding }) => regarding?.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingController: ({ reportingController }) => reportingController ?? "",
    type: ({ type }) => type ?? "",
  },
});

/** What never changes, and what it is called in events of the core group, where errors name it. */
const FIXED = [
  ["regarding", "involvedObject"],
  ["reason", "reason"],
  ["note", "message"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
  ["type", "type"],
  ["eventTime", "eventTime"],
  ["action", "action"],
  ["related", "related"],
  ["reportingController", "reportingController"],
  ["reportingInstance", "reportingInstance"],
] as const;
const TEXT_MAX = 128;
const NOTE_MAX = 1024;

function validateSeries({ series }: Event): FieldError[] {
  if (series === undefined) return [];
  const errors: FieldError[] = (series.count ?? 0) < 2 ? [invalid("series.count", "", "should be at least 2")] : [];
  return !series.lastObservedTime ? [...errors, required("series.lastObservedTime")] : errors;
}

function validateEvent(event: Event): FieldError[] {
  const { metadata, regarding, note = "", type = "" } = event;
  const eventTime = event.eventTime ?? undefined;
  const errors: FieldError[] = [];
  const [about, namespace] = [regarding?.namespace ?? "", metadata?.namespace ?? ""];
  if (isElsewhere({ about, namespace, isTimed: eventTime !== undefined })) {
    errors.push(invalid("involvedObject.namespace", about, "does not match event.namespace"));
  }
  if (eventTime !== undefined) {
    errors.push(...named(event.reportingController, qualifiedNameErrors, "reportingController"));
    for (const key of ["reportingInstance", "action", "reason"] as const) {
      errors.push(...requiredText(event[key], key));
      if (Buffer.byteLength(event[key] ?? "") <= TEXT_MAX) continue;
      errors.push(invalid(key, "", `can have at most ${TEXT_MAX} characters`));
    }
    if (Buffer.byteLength(note) > NOTE_MAX) {
      errors.push(invalid("message", "", `can have at most ${NOTE_MAX} characters`));
    }
  }
  errors.push(...validateSeries(event));
  if (eventTime === undefined) errors.push(required("eventTime"));
  if (type !== "Normal" && type !== "Warning") errors.push(invalid("type", "", `has invalid value: ${type}`));
  const unset: readonly [string, unknown][] = [
    ["firstTimestamp", event.deprecatedFirstTimestamp || undefined],
    ["lastTimestamp", event.deprecatedLastTimestamp || undefined],
    ["count", event.deprecatedCount || undefined],
    ["source", event.deprecatedSource?.component || event.deprecatedSource?.host || undefined],
  ];
  return [
    ...errors,
    ...unset.flatMap(([key, value]) => (value === undefined ? [] : [invalid(key, "", "needs to be unset")])),
  ];
}
