import { ageColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { findCondition } from "../conditions.ts";
import { invalids } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { Node } from "../generated/core/v1.ts";
import { cidrErrors, parseCidr } from "../ip-address.ts";
import { cidrWarnings } from "../ip-warnings.ts";
import { defineKind } from "../kind.ts";
import { equalJson } from "../patch/json-value.ts";
import { validateNodeAnnotations } from "./node-annotations.ts";
import { validateTaints } from "./node-taints.ts";
import { setResourceListDefaults } from "./resource-list.ts";
import {
  validateAddresses,
  validateDeclaredFeatures,
  validateNodeAmounts,
  validateSwap,
} from "./validate-node-status.ts";

export const nodeKind = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  withoutGeneration: true,
  statusOnCreate: true,
  setDefaults(node) {
    node.spec ??= {};
    setStatusDefaults(node);
  },
  setStatusDefaults,
  prepareForCreate(node) {
    delete node.spec?.configSource;
    delete node.status?.config;
    nameFirstRange(node);
  },
  prepareForUpdate(node, old) {
    if (old.spec?.configSource === undefined) delete node.spec?.configSource;
    nameFirstRange(node);
  },
  prepareForStatusUpdate(node, old) {
    if (old.status?.config === undefined) delete node.status?.config;
  },
  validate: (node, old) => [
    ...validateNodeAnnotations(node.metadata?.annotations, "metadata.annotations"),
    ...validateTaints(node.spec?.taints ?? [], "metadata.taints"),
    ...validateNodeAmounts(node),
    ...validateSwap(node),
    ...validateDeclaredFeatures(node),
    ...(equalJson(node.spec?.podCIDRs, old?.spec?.podCIDRs) ? [] : validateRanges(node.spec?.podCIDRs ?? [])),
  ],
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: (node) => [
    ...validateNodeAnnotations(node.metadata?.annotations, "metadata.annotations"),
    ...validateNodeAmounts(node),
    ...validateDeclaredFeatures(node),
    ...validateAddresses(node),
  ],
  warnings: ({ spec }) => [
    ...(spec?.configSource === undefined ? [] : ["spec.configSource: the feature is removed"]),
    ...(spec?.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
    ...(spec?.podCIDRs ?? []).flatMap((range, index) => cidrWarnings(`spec.podCIDRs[${index}]`, range)),
  ],
  columns: [
    nameColumn,
    textColumn<Node>("Status", "The status of the node", nodeStatus),
    textColumn<Node>("Roles", "The roles of the node", (node) => nodeRoles(node).join(",") || "<none>"),
    ageColumn,
    textColumn<Node>(
      "Version",
      columnTexts["core.v1.NodeSystemInfo.kubeletVersion"],
      (node) => node.status?.nodeInfo?.kubeletVersion ?? "",
    ),
    wide(
      textColumn<Node>("Internal-IP", columnTexts["core.v1.NodeStatus.addresses"], (node) =>
        addressOf(node, "InternalIP"),
      ),
    ),
    wide(
      textColumn<Node>("External-IP", columnTexts["core.v1.NodeStatus.addresses"], (node) =>
        addressOf(node, "ExternalIP"),
      ),
    ),
    wide(
      textColumn<Node>(
        "OS-Image",
        columnTexts["core.v1.NodeSystemInfo.osImage"],
        (node) => node.status?.nodeInfo?.osImage || "<unknown>",
      ),
    ),
    wide(
      textColumn<Node>(
        "Kernel-Version",
        columnTexts["core.v1.NodeSystemInfo.kernelVersion"],
        (node) => node.status?.nodeInfo?.kernelVersion || "<unknown>",
      ),
    ),
    wide(
      textColumn<Node>(
        "Container-Runtime",
        columnTexts["core.v1.NodeSystemInfo.containerRuntimeVersion"],
        (node) => node.status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
      ),
    ),
  ],
  selectableFields: { "spec.unschedulable": (node) => String(node.spec?.unschedulable === true) },
});

function setStatusDefaults({ status }: Node): void {
  if (status === undefined) return;
  setResourceListDefaults(status.capacity);
  setResourceListDefaults(status.allocatable);
  if (status.allocatable === undefined && status.capacity !== undefined) status.allocatable = { ...status.capacity };
}

function nodeStatus(node: Node): string {
  const ready = findCondition(node.status?.conditions, "Ready");
  const status = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return node.spec?.unschedulable === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: Node): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith("node-role.kubernetes.io/")) roles.add(key.slice("node-role.kubernetes.io/".length));
    else if (key === "kubernetes.io/role") roles.add(value);
  }
  roles.delete("");
  return [...roles].sort();
}

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? "<none>";
}

/** The one address range is also given by its old name, which counts. */
function nameFirstRange({ spec }: Node): void {
  if (spec === undefined) return;
  if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
  if (spec.podCIDRs?.[0] && !spec.podCIDR) spec.podCIDR = spec.podCIDRs[0];
}

function validateRanges(ranges: readonly string[]): FieldError[] {
  const field = "spec.podCIDRs";
  const errors = ranges.flatMap((range, index) => invalids(`${field}[${index}]`, range, cidrErrors(range)));
  if (ranges.length < 2) return errors;
  const parsed = ranges.map(parseCidr);
  if (parsed.includes(undefined)) {
    const at = parsed.indexOf(undefined);
    const why = `failed to check with dual stack with error:invalid CIDR[${at}]: <nil> (invalid CIDR address: ${ranges[at]})`;
    errors.push({ reason: "InternalError", field, message: `Internal error: invalid PodCIDRs. ${why}` });
  }
  if (new Set(parsed.map((each) => each?.family)).size < 2 || parsed.includes(undefined) || ranges.length > 2) {
    errors.push(invalid(field, ranges, "may specify no more than one CIDR for each IP family"));
  }
  ranges.forEach((range, index) => {
    if (ranges.indexOf(range) < index) errors.push(duplicate(`${field}[${index}]`, range));
  });
  return errors;
}

function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors = validateAddresses(node);
  const before = old.spec ?? {};
  const now = node.spec ?? {};
  if ((before.podCIDRs ?? []).length > 0 && !equalJson(before.podCIDRs, now.podCIDRs)) {
    errors.push(forbiddenField("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
  }
  if (before.providerID && before.providerID !== now.providerID) {
    errors.push(forbiddenField("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  if (before.externalID !== now.externalID) errors.push(forbiddenField("spec.externalID", "may not be updated"));
  return errors;
}
