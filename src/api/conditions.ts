/** What conditions of all kinds have in common. */
export interface ConditionLike {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** The condition of that type, if there is one. */
export function findCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** True when the condition is there with status True. */
export function isConditionTrue(conditions: readonly ConditionLike[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/**
 * The list with the condition added or replaced, in place. lastTransitionTime moves to `time` only when the status changes.
 * The same list comes back when nothing changed, so that callers can compare by reference.
 * @param time RFC 3339
 */
export function setCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  condition: Omit<C, "lastTransitionTime"> & { lastTransitionTime?: string },
  time: string,
): C[] {
  const before = findCondition(conditions, condition.type as string);
  if (conditions === undefined || before === undefined) {
    const added = { ...condition, lastTransitionTime: condition.lastTransitionTime ?? time } as unknown as C;
    return [...(conditions ?? []), added];
  }
  const sameStatus = before.status === condition.status;
  const kept = sameStatus ? before.lastTransitionTime : undefined;
  const after = { ...before, ...condition, lastTransitionTime: kept ?? condition.lastTransitionTime ?? time } as C;
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof C>;
  if ([...fields].every((field) => before[field] === after[field])) return conditions as C[];
  return conditions.map((each) => (each === before ? after : each));
}

/** The list without that type. */
export function withoutCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
