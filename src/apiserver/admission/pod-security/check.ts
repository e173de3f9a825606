import type { Container, EphemeralContainer, PodSpec, SecurityContext } from "../../../api/generated/core/v1.ts";
import type { ObjectMeta } from "../../../api/meta.ts";

/** A pod, or the template of one. */
export interface PodLike {
  readonly metadata?: ObjectMeta | undefined;
  readonly spec: PodSpec;
}

/** What a pod does that its namespace's level forbids. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** One check of a Pod Security Standard, pure. */
export interface PodSecurityCheck {
  /** Checks of one level are reported in the order of their ids. */
  readonly id: string;
  /** First minor version of the standard that has it. */
  readonly since?: number;
  /** Of the restricted level: the baseline check that it takes the place of. */
  readonly replaces?: string;
  /** @param minor of the version whose standard is asked for: a check may have changed from one to the next */
  find(pod: PodLike, minor: number): Violation | undefined;
}

export type AnyContainer = Container | EphemeralContainer;

export function containersOf({ spec }: PodLike): AnyContainer[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

/** Since 1.35 the standards let a pod in a user namespace of its own do what harms nobody outside of it. */
export function isAtHome({ spec }: PodLike, minor: number): boolean {
  return minor >= 35 && spec.hostUsers === false;
}

/** Names of the containers whose security context meets the test. */
export function containersWhere(pod: PodLike, test: (context: SecurityContext, of: AnyContainer) => boolean): string[] {
  return containersOf(pod)
    .filter((container) => test(container.securityContext ?? {}, container))
    .map((container) => container.name);
}

/** `container "a"`, `containers "a", "b"`. */
export function named(names: readonly string[], singular = "container"): string {
  return `${plural(names.length, singular)} ${quoted(names)}`;
}

/** `pod and container "a"`: whoever set something, or nobody. */
export function setters(pod: boolean, containers: readonly string[]): string {
  return [...(pod ? ["pod"] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(" and ");
}

export function plural(count: number, singular: string): string {
  return count === 1 ? singular : `${singular}s`;
}

export function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(", ");
}

export function sortedUnique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** The violation when there is anybody to blame. */
export function violation(reason: string, who: string, detail: string): Violation | undefined {
  return who === "" ? undefined : { reason, detail: `${who} ${detail}` };
}
