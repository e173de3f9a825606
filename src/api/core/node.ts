import { isIP } from "node:net";
import { ageColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { findCondition } from "../conditions.ts";
import { type FieldError, forbiddenField, invalid, tooMany } from "../field-error.ts";
import type { Node } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { setResourceListDefaults } from "./resource-list.ts";
import { validateResourceName, validateResourceQuantity } from "./validate-resources.ts";
import { validateTaints } from "./validate-tolerations.ts";

export const nodeKind = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  withoutGeneration: true,
  statusOnCreate: true,
  setDefaults(node) {
    node.spec ??= {};
    const { status } = node;
    if (status === undefined) return;
    setResourceListDefaults(status.capacity);
    setResourceListDefaults(status.allocatable);
    if (status.allocatable === undefined && status.capacity !== undefined) status.allocatable = { ...status.capacity };
  },
  prepareForCreate(node) {
    // The one address range is also given by its old name.
    if (node.spec?.podCIDR && node.spec.podCIDRs === undefined) node.spec.podCIDRs = [node.spec.podCIDR];
    if (node.spec?.podCIDRs?.[0] && node.spec.podCIDR === undefined) node.spec.podCIDR = node.spec.podCIDRs[0];
  },
  prepareForUpdate(node) {
    if (node.spec?.podCIDR && node.spec.podCIDRs === undefined) node.spec.podCIDRs = [node.spec.podCIDR];
    if (node.spec?.podCIDRs?.[0] && node.spec.podCIDR === undefined) node.spec.podCIDR = node.spec.podCIDRs[0];
  },
  validate: (node) => [
    ...validateTaints(node.spec?.taints, "spec.taints"),
    ...validateAmounts(node.status?.capacity, "status.capacity"),
    ...validateAmounts(node.status?.allocatable, "status.allocatable"),
    ...validateRanges(node.spec?.podCIDRs ?? []),
  ],
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: (node) => [
    ...validateAmounts(node.status?.capacity, "status.capacity"),
    ...validateAmounts(node.status?.allocatable, "status.allocatable"),
    ...validateAddresses(node),
  ],
  columns: [
    nameColumn,
    textColumn<Node>("Status", "The status of the node", nodeStatus),
    textColumn<Node>("Roles", "The roles of the node", (node) => nodeRoles(node).join(",") || "<none>"),
    ageColumn,
    textColumn<Node>(
      "Version",
      "Kubelet Version reported by the node.",
      (node) => node.status?.nodeInfo?.kubeletVersion ?? "",
    ),
    wide(
      textColumn<Node>("Internal-IP", "The node's address inside the cluster.", (node) =>
        addressOf(node, "InternalIP"),
      ),
    ),
    wide(
      textColumn<Node>("External-IP", "The node's address outside the cluster.", (node) =>
        addressOf(node, "ExternalIP"),
      ),
    ),
    wide(
      textColumn<Node>(
        "OS-Image",
        "OS Image reported by the node.",
        (node) => node.status?.nodeInfo?.osImage || "<unknown>",
      ),
    ),
    wide(
      textColumn<Node>(
        "Kernel-Version",
        "Kernel Version reported by the node.",
        (node) => node.status?.nodeInfo?.kernelVersion || "<unknown>",
      ),
    ),
    wide(
      textColumn<Node>(
        "Container-Runtime",
        "ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).",
        (node) => node.status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
      ),
    ),
  ],
  selectableFields: { "spec.unschedulable": (node) => String(node.spec?.unschedulable === true) },
});

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

function validateAmounts(amounts: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, text]) => [
    ...validateResourceName(name, `${field}.${name}`),
    ...validateResourceQuantity(name, text, `${field}.${name}`),
  ]);
}

function validateRanges(ranges: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  ranges.forEach((range, index) => {
    if (!isCidr(range)) {
      errors.push(
        invalid(`spec.podCIDRs[${index}]`, range, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"),
      );
    }
  });
  if (ranges.length > 2) errors.push(tooMany("spec.podCIDRs", ranges.length, 2));
  return errors;
}

/** An address range such as 10.0.0.0/16. */
export function isCidr(text: string): boolean {
  const match = /^(.+)\/([0-9]{1,3})$/.exec(text);
  const family = isIP(match?.[1] ?? "");
  return family !== 0 && Number(match![2]) <= (family === 4 ? 32 : 128);
}

function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors = validateAddresses(node);
  const before = old.spec ?? {};
  const now = node.spec ?? {};
  if ((before.podCIDRs ?? []).length > 0 && JSON.stringify(before.podCIDRs) !== JSON.stringify(now.podCIDRs)) {
    errors.push(forbiddenField("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
  }
  if (before.providerID && before.providerID !== now.providerID) {
    errors.push(forbiddenField("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

function validateAddresses(node: Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (node.status?.addresses ?? []).forEach((address, index) => {
    const key = `${address.type}/${address.address}`;
    if (seen.has(key)) {
      const field = `status.addresses[${index}]`;
      errors.push({ reason: "FieldValueDuplicate", field, message: `Duplicate value: ${JSON.stringify(address)}` });
    }
    seen.add(key);
  });
  return errors;
}
