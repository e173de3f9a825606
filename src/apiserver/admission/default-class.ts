import type { ApiObject } from "../../api/meta.ts";

/** Of several classes marked as default: the newest, then the first by name. */
export function chooseDefault<T extends ApiObject>(classes: readonly T[], annotation: string): T | undefined {
  const marked = classes.filter((each) => each.metadata?.annotations?.[annotation] === "true");
  return marked.sort((left, right) => {
    const [a, b] = [left.metadata?.creationTimestamp ?? "", right.metadata?.creationTimestamp ?? ""];
    if (a !== b) return a < b ? 1 : -1;
    return (left.metadata?.name ?? "") < (right.metadata?.name ?? "") ? -1 : 1;
  })[0];
}
