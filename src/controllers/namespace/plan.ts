import { setCondition } from "../../api/conditions.ts";
import type { Namespace, NamespaceCondition } from "../../api/generated/core/v1.ts";
import type { DiscoveredResource } from "../discovery.ts";

/** The finalizer that keeps a namespace until its content is gone. */
export const KUBERNETES_FINALIZER = "kubernetes";

/** What is left of one resource in a namespace. */
export interface Remaining {
  readonly resource: DiscoveredResource;
  readonly count: number;
  /** How many objects each finalizer holds. */
  readonly finalizers: ReadonlyMap<string, number>;
  /** Milliseconds until the last of them may end by itself. */
  readonly estimateMs: number;
}

/** What one pass over a namespace found. */
export interface Pass {
  readonly remaining: readonly Remaining[];
  readonly discoveryFailures: readonly string[];
  readonly deletionFailures: readonly string[];
}

/** True when the namespace may go. */
export function isEmpty(pass: Pass): boolean {
  return pass.remaining.length === 0 && pass.discoveryFailures.length === 0 && pass.deletionFailures.length === 0;
}

/** When to look again. */
export function nextLookMs(pass: Pass): number {
  const estimateMs = Math.max(0, ...pass.remaining.map((each) => each.estimateMs));
  return Math.min(estimateMs / 2 + 1_000, 15_000);
}

/** What is left of a resource, for who comes with one object after the other. */
export interface RemainingCount {
  add(object: { metadata?: { finalizers?: string[] }; spec?: unknown }): void;
  /** Undefined when nothing is left. */
  total(): Remaining | undefined;
}

export function remainingCount(resource: DiscoveredResource): RemainingCount {
  const finalizers = new Map<string, number>();
  let count = 0;
  let estimateMs = 0;
  return {
    add({ metadata, spec }) {
      count++;
      for (const name of metadata?.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
      if (resource.group !== "" || resource.resource !== "pods") return;
      const { terminationGracePeriodSeconds = 0 } = (spec ?? {}) as { terminationGracePeriodSeconds?: number };
      estimateMs = Math.max(estimateMs, terminationGracePeriodSeconds * 1000);
    },
    total: () => (count === 0 ? undefined : { resource, count, finalizers, estimateMs }),
  };
}

interface ConditionText {
  readonly type: string;
  readonly fine: { reason: string; message: string };
  /** What is wrong; undefined when nothing is. */
  wrong(pass: Pass): { reason: string; message: string } | undefined;
}

const CONDITIONS: readonly ConditionText[] = [
  {
    type: "NamespaceDeletionDiscoveryFailure",
    fine: { reason: "ResourcesDiscovered", message: "All resources successfully discovered" },
    wrong: ({ discoveryFailures }) =>
      discoveryFailures.length === 0
        ? undefined
        : {
            reason: "DiscoveryFailed",
            message: `Discovery failed for some groups, ${discoveryFailures.length} failing: unable to retrieve the complete list of server APIs: ${discoveryFailures.join(", ")}`,
          },
  },
  {
    type: "NamespaceDeletionGroupVersionParsingFailure",
    fine: { reason: "ParsedGroupVersions", message: "All legacy kube types successfully parsed" },
    wrong: () => undefined,
  },
  {
    type: "NamespaceDeletionContentFailure",
    fine: {
      reason: "ContentDeleted",
      message: "All content successfully deleted, may be waiting on finalization",
    },
    wrong: ({ deletionFailures }) =>
      deletionFailures.length === 0
        ? undefined
        : {
            reason: "ContentDeletionFailed",
            message: `Failed to delete all resource types, ${deletionFailures.length} remaining: ${deletionFailures.join(", ")}`,
          },
  },
  {
    type: "NamespaceContentRemaining",
    fine: { reason: "ContentRemoved", message: "All content successfully removed" },
    wrong: ({ remaining }) => {
      const counts = remaining.map(({ resource, count }) => `${idOf(resource)} has ${count} resource instances`);
      if (counts.length === 0) return undefined;
      return { reason: "SomeResourcesRemain", message: `Some resources are remaining: ${counts.sort().join(", ")}` };
    },
  },
  {
    type: "NamespaceFinalizersRemaining",
    fine: { reason: "ContentHasNoFinalizers", message: "All content-preserving finalizers finished" },
    wrong: ({ remaining }) => {
      const counts = new Map<string, number>();
      for (const each of remaining) {
        for (const [name, count] of each.finalizers) counts.set(name, (counts.get(name) ?? 0) + count);
      }
      if (counts.size === 0) return undefined;
      const texts = [...counts].map(([name, count]) => `${name} in ${count} resource instances`).sort();
      return {
        reason: "SomeFinalizersRemain",
        message: `Some content in the namespace has finalizers remaining: ${texts.join(", ")}`,
      };
    },
  },
];

/** The namespace's conditions after a pass; the same list when nothing changed. */
export function conditionsAfter(namespace: Namespace, pass: Pass, time: string): readonly NamespaceCondition[] {
  let conditions: readonly NamespaceCondition[] = namespace.status?.conditions ?? [];
  for (const { type, fine, wrong } of CONDITIONS) {
    const found = wrong(pass);
    const condition = found === undefined ? { status: "False", ...fine } : { status: "True", ...found };
    conditions = setCondition(conditions, { type, ...condition }, time);
  }
  return conditions;
}

/** `pods.` or `deployments.apps`, as upstream writes it. */
function idOf(resource: DiscoveredResource): string {
  return `${resource.resource}.${resource.group}`;
}
