import { nameColumn, textColumn, wide } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { Event } from "../generated/core/v1.ts";
import { ageOf } from "../human-duration.ts";
import { type Column, defineKind } from "../kind.ts";
import { qualifiedNameErrors } from "../names.ts";

const TEXT_MAX = 128;
const MESSAGE_MAX = 1024;

/** Cluster objects have their events in the default namespace. */
const CLUSTER_EVENTS_NAMESPACES = ["default", "kube-system"];

function firstSeen(event: Event, nowMs: number): string {
  return ageOf(event.firstTimestamp ?? event.eventTime, nowMs);
}

function lastSeen(event: Event, nowMs: number): string {
  if (event.series !== undefined) return ageOf(event.series.lastObservedTime, nowMs);
  return event.lastTimestamp ? ageOf(event.lastTimestamp, nowMs) : firstSeen(event, nowMs);
}

function source({ source: from, reportingComponent, reportingInstance }: Event): string {
  const component = from?.component || reportingComponent || "";
  const instance = from?.host || reportingInstance || "";
  return instance === "" ? component : `${component}, ${instance}`;
}

export const eventColumns: readonly Column<Event>[] = [
  textColumn("Last Seen", columnTexts["core.v1.Event.lastTimestamp"], lastSeen),
  textColumn("Type", columnTexts["core.v1.Event.type"], ({ type }) => type ?? ""),
  textColumn("Reason", columnTexts["core.v1.Event.reason"], ({ reason }) => reason ?? ""),
  textColumn("Object", columnTexts["core.v1.Event.involvedObject"], ({ involvedObject: { kind = "", name } = {} }) =>
    name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase(),
  ),
  wide(
    textColumn(
      "Subobject",
      columnTexts["core.v1.ObjectReference.fieldPath"],
      ({ involvedObject }) => involvedObject?.fieldPath ?? "",
    ),
  ),
  wide(textColumn("Source", columnTexts["core.v1.Event.source"], source)),
  textColumn("Message", columnTexts["core.v1.Event.message"], ({ message }) => (message ?? "").trim()),
  wide(textColumn("First Seen", columnTexts["core.v1.Event.firstTimestamp"], firstSeen)),
  wide({
    name: "Count",
    type: "string",
    description: columnTexts["core.v1.Event.count"],
    cell: ({ count, series }) => (series === undefined ? count || 1 : (series.count ?? 0)),
  }),
  wide(nameColumn),
];

export const eventKind = defineKind<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  defaultPropagation: "unsupported",
  validate: validateEvent,
  columns: eventColumns,
  columnFields: {
    metadata: { name: true },
    type: true,
    reason: true,
    message: true,
    count: true,
    firstTimestamp: true,
    lastTimestamp: true,
    eventTime: true,
    series: { count: true, lastObservedTime: true },
    source: { component: true, host: true },
    reportingComponent: true,
    reportingInstance: true,
    involvedObject: { kind: true, name: true, fieldPath: true },
  },
  selectableFields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject?.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject?.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject?.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject?.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject?.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject?.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject?.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? "",
    source: ({ source: from, reportingComponent }) => from?.component || reportingComponent || "",
    type: ({ type }) => type ?? "",
  },
});

/**
 * Whether an event stands in another namespace than what it is about. One that says when it happened is one of the newer
 * sort, and may tell of an object in any namespace.
 */
export function isElsewhere(of: { about: string; namespace: string; isTimed: boolean }): boolean {
  const { about, namespace, isTimed } = of;
  if (isTimed) return about === "" && !CLUSTER_EVENTS_NAMESPACES.includes(namespace);
  return about === "" ? namespace !== "" && namespace !== "default" : about !== namespace;
}

/** An event that says when it happened says more. */
function validateEvent(event: Event): FieldError[] {
  const about = event.involvedObject?.namespace ?? "";
  const isTimed = Boolean(event.eventTime);
  const errors = isElsewhere({ about, namespace: event.metadata?.namespace ?? "", isTimed })
    ? [invalid("involvedObject.namespace", about, "does not match event.namespace")]
    : [];
  return isTimed ? [...errors, ...validateReport(event)] : errors;
}

function validateReport({ reportingComponent = "", message = "", ...event }: Event): FieldError[] {
  const field = "reportingComponent";
  const errors: FieldError[] = reportingComponent === "" ? [required(field)] : [];
  errors.push(...invalids(field, reportingComponent, qualifiedNameErrors(reportingComponent)));
  for (const key of ["reportingInstance", "action", "reason"] as const) {
    const text = event[key] ?? "";
    if (text === "") errors.push(required(key));
    if (Buffer.byteLength(text) > TEXT_MAX) errors.push(invalid(key, "", `can have at most ${TEXT_MAX} characters`));
  }
  if (Buffer.byteLength(message) <= MESSAGE_MAX) return errors;
  return [...errors, invalid("message", "", `can have at most ${MESSAGE_MAX} characters`)];
}
