import { type FieldError, invalid } from "../field-error.ts";
import type { NodeAffinity, NodeSelectorTerm, PodSpec } from "../generated/core/v1.ts";
import { equalJson } from "../patch/json-value.ts";

/** What is wrong with where a pod may run, while a gate holds it: the set of its nodes can only become smaller. */
export function validateGatedChange(spec: PodSpec, before: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const selector = spec.nodeSelector ?? {};
  if (Object.entries(before.nodeSelector ?? {}).some(([key, value]) => selector[key] !== value)) {
    const message = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
    errors.push(invalid("spec.nodeSelector", selector, message));
  }
  return [
    ...errors,
    ...validateNodeAffinityChange(
      spec.affinity?.nodeAffinity,
      before.affinity?.nodeAffinity,
      "spec.affinity.nodeAffinity",
    ),
  ];
}

function validateNodeAffinityChange(
  now: NodeAffinity | undefined,
  before: NodeAffinity | undefined,
  field: string,
): FieldError[] {
  const terms = (affinity: NodeAffinity | undefined): readonly NodeSelectorTerm[] =>
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const [after, old] = [terms(now), terms(before)];
  if (old.length === 0) return [];
  const path = `${field}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  if (after.length !== old.length) {
    const shown = after.length === 0 ? null : after.map(shownTerm);
    return [invalid(path, shown, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")];
  }
  return old.flatMap((term, index) =>
    isNarrower(after[index]!, term)
      ? []
      : [
          invalid(
            `${path}[${index}]`,
            shownTerm(after[index]!),
            "only additions are allowed (no mutations or deletions)",
          ),
        ],
  );
}

/** A term as upstream shows it in a message. */
function shownTerm(term: NodeSelectorTerm): object {
  const list = (requirements: NodeSelectorTerm["matchFields"]) =>
    requirements?.map(({ key, operator, values }) => ({ Key: key, Operator: operator, Values: values ?? null })) ??
    null;
  return { MatchExpressions: list(term.matchExpressions), MatchFields: list(term.matchFields) };
}

/** Terms are or-ed, what stands in one is and-ed: what was there stays in front, and more may follow. */
function isNarrower(now: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = ["matchExpressions", "matchFields"] as const;
  const wasEmpty = lists.every((key) => (before[key] ?? []).length === 0);
  // An empty term selects nothing, and with a requirement it would select something.
  if (wasEmpty) return lists.every((key) => (now[key] ?? []).length === 0);
  return lists.every((key) => {
    const old = before[key] ?? [];
    return equalJson((now[key] ?? []).slice(0, old.length), old);
  });
}
