import { nameColumn, textColumn, wide } from "../columns.ts";
import { named, optionalOneOf, requiredText } from "../field-checks.ts";
import { type FieldError, required } from "../field-error.ts";
import type { Event } from "../generated/events.k8s.io/v1.ts";
import { ageOf } from "../human-duration.ts";
import { defineKind } from "../kind.ts";
import { qualifiedNameErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

/** events.k8s.io events: the same events as in the core group, stricter. */
export const eventsEventKind = defineKind<Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  validateCreate: validateEvent,
  validateUpdate: (event, old) =>
    (
      [
        "eventTime",
        "reportingController",
        "reportingInstance",
        "action",
        "reason",
        "regarding",
        "related",
        "note",
        "type",
      ] as const
    )
      .filter((key) => old[key] !== undefined)
      .flatMap((key) => immutable(event[key], old[key], key)),
  columns: [
    textColumn<Event>(
      "Last Seen",
      "The time at which the most recent occurrence of this event was recorded.",
      (event, nowMs) =>
        ageOf(event.series?.lastObservedTime ?? event.deprecatedLastTimestamp ?? event.eventTime, nowMs),
    ),
    textColumn<Event>(
      "Type",
      "Type of this event (Normal, Warning), new types could be added in the future",
      ({ type }) => type ?? "",
    ),
    textColumn<Event>("Reason", "Why the action was taken.", ({ reason }) => reason ?? ""),
    textColumn<Event>("Object", "The object that this event is about.", ({ regarding: { kind = "", name } = {} }) =>
      name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase(),
    ),
    textColumn<Event>("Message", "A human-readable description of the status of this operation.", ({ note }) =>
      (note ?? "").trim(),
    ),
    wide(nameColumn),
  ],
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

function validateEvent(event: Event): FieldError[] {
  return [
    ...named(event.reportingController, qualifiedNameErrors, "reportingController"),
    ...requiredText(event.reportingInstance, "reportingInstance"),
    ...requiredText(event.action, "action"),
    ...requiredText(event.reason, "reason"),
    ...(event.eventTime === undefined ? [required("eventTime")] : []),
    ...(event.type ? optionalOneOf(event.type, ["Normal", "Warning"], "type") : [required("type")]),
  ];
}
