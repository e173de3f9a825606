import type { Node } from "../../api/generated/core/v1.ts";
import type { AdmissionAttributes } from "./admission.ts";
import { draftOf, refuse } from "./refuse.ts";

/** Labels of Kubernetes' own domains that a kubelet sets on its node. */
const KUBELET_LABELS = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.kubernetes.io/zone",
  "failure-domain.kubernetes.io/region",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
]);
const KUBELET_PREFIXES = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const RESTRICTED_DOMAIN = "node-restriction.kubernetes.io";

/** A node writes only its own Node, and neither the labels that others trust nor its taints. */
export function checkNodeObject(attributes: AdmissionAttributes, node: string): void {
  const { operation } = attributes;
  const name = attributes.name || attributes.object?.metadata?.name;
  if (name !== node) throw refuse(attributes, `node "${node}" is not allowed to modify node "${name ?? ""}"`);
  if (operation === "CREATE") checkCreate(attributes, node);
  if (operation === "UPDATE") checkUpdate(attributes, node);
}

function checkCreate(attributes: AdmissionAttributes, node: string): void {
  const draft = draftOf<Node>(attributes);
  if (draft.spec?.configSource !== undefined) {
    throw refuse(attributes, `node "${node}" is not allowed to create pods with a non-nil configSource`);
  }
  if (draft.metadata?.ownerReferences?.length) {
    throw refuse(attributes, `node "${node}" is not allowed to create nodes with ownerReferences`);
  }
  const bad = Object.keys(draft.metadata?.labels ?? {}).filter(isForbidden);
  if (bad.length > 0) throw refuse(attributes, labelsText(node, bad));
}

function checkUpdate(attributes: AdmissionAttributes, node: string): void {
  const draft = draftOf<Node>(attributes);
  const old = attributes.oldObject as Node;
  const changed = (field: (of: Node) => unknown): boolean => !same(field(draft), field(old));
  if (draft.spec?.configSource !== undefined && changed((of) => of.spec?.configSource)) {
    throw refuse(attributes, `node "${node}" is not allowed to update configSource to a new non-nil configSource`);
  }
  if (changed((of) => of.spec?.taints)) {
    throw refuse(attributes, `node "${node}" is not allowed to modify taints`);
  }
  if (changed((of) => of.metadata?.ownerReferences)) {
    throw refuse(attributes, `node "${node}" is not allowed to modify ownerReferences`);
  }
  const before = old.metadata?.labels ?? {};
  const after = draft.metadata?.labels ?? {};
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const bad = [...keys].filter((key) => before[key] !== after[key] && isForbidden(key));
  if (bad.length > 0) throw refuse(attributes, labelsText(node, bad));
}

function same(left: unknown, right: unknown): boolean {
  const text = (value: unknown): string => JSON.stringify(value ?? []);
  return text(left) === text(right);
}

function isForbidden(label: string): boolean {
  const slash = label.indexOf("/");
  const domain = slash < 0 ? "" : label.slice(0, slash);
  const isIn = (parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);
  if (isIn(RESTRICTED_DOMAIN)) return true;
  if (!isIn("kubernetes.io") && !isIn("k8s.io")) return false;
  return !KUBELET_LABELS.has(label) && !KUBELET_PREFIXES.some(isIn);
}

function labelsText(node: string, labels: readonly string[]): string {
  return `node "${node}" is not allowed to modify labels: ${[...labels].sort().join(", ")}`;
}
