import type { Labels } from "../../../api/selectors.ts";
import { baselineChecks } from "./baseline-checks.ts";
import type { PodLike, PodSecurityCheck, Violation } from "./check.ts";
import { restrictedChecks } from "./restricted-checks.ts";

export type Level = "privileged" | "baseline" | "restricted";
export type Mode = "enforce" | "warn" | "audit";

/** A level of one version of the standards; `latest` is a version too. */
export interface Policy {
  readonly level: Level;
  readonly version: string;
}

const PREFIX = "pod-security.kubernetes.io/";
const LEVELS: readonly string[] = ["privileged", "baseline", "restricted"];
const VERSION = /^v1\.(0|[1-9][0-9]*)$/;

const LABELS: Readonly<Record<Mode, { readonly level: string; readonly version: string }>> = {
  enforce: { level: `${PREFIX}enforce`, version: `${PREFIX}enforce-version` },
  audit: { level: `${PREFIX}audit`, version: `${PREFIX}audit-version` },
  warn: { level: `${PREFIX}warn`, version: `${PREFIX}warn-version` },
};

/** What the namespace's labels ask for. A level that nobody knows counts as restricted, as upstream has it. */
export function policyOf(labels: Labels | undefined, mode: Mode): Policy {
  const names = LABELS[mode];
  const level = labels?.[names.level];
  const version = labels?.[names.version] ?? "latest";
  if (level === undefined) return { level: "privileged", version: "latest" };
  return {
    level: LEVELS.includes(level) ? (level as Level) : "restricted",
    version: VERSION.test(version) ? version : "latest",
  };
}

/** What is wrong with the labels: a text for each. */
export function labelProblems(labels: Labels | undefined): { label: string; value: string; detail: string }[] {
  const problems: { label: string; value: string; detail: string }[] = [];
  for (const mode of ["enforce", "audit", "warn"]) {
    const level = labels?.[PREFIX + mode];
    if (level !== undefined && !LEVELS.includes(level)) {
      problems.push({ label: PREFIX + mode, value: level, detail: `must be one of ${LEVELS.join(", ")}` });
    }
    const version = labels?.[`${PREFIX}${mode}-version`];
    if (version !== undefined && version !== "latest" && !VERSION.test(version)) {
      problems.push({ label: `${PREFIX}${mode}-version`, value: version, detail: 'must be "latest" or "v1.x"' });
    }
  }
  return problems;
}

/** `allowPrivilegeEscalation != false (container "a" must …), …`; undefined when the pod keeps to the policy. */
export function violationsOf(pod: PodLike, policy: Policy): string | undefined {
  const found = violations(pod, policy);
  if (found.length === 0) return undefined;
  return found.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");
}

/** The reasons alone: `allowPrivilegeEscalation != false, …`; undefined when the pod keeps to the policy. */
export function violationReasons(pod: PodLike, policy: Policy): string | undefined {
  const found = violations(pod, policy);
  return found.length === 0 ? undefined : found.map(({ reason }) => reason).join(", ");
}

/** Whether pods that keep to the old policy may break the new one. */
export function isStricter(policy: Policy, old: Policy): boolean {
  if (policy.level === "privileged" || (policy.level === old.level && policy.version === old.version)) return false;
  return policy.version !== old.version || LEVELS.indexOf(policy.level) > LEVELS.indexOf(old.level);
}

/** `restricted:latest`. */
export function policyText({ level, version }: Policy): string {
  return `${level}:${version}`;
}

function violations(pod: PodLike, { level, version }: Policy): Violation[] {
  const minor = version === "latest" ? Number.POSITIVE_INFINITY : Number(VERSION.exec(version)?.[1]);
  return checksOf(level, minor).flatMap((check) => check.find(pod, minor) ?? []);
}

function checksOf(level: Level, minor: number): PodSecurityCheck[] {
  if (level === "privileged") return [];
  const isIn = (check: PodSecurityCheck): boolean => (check.since ?? 0) <= minor;
  if (level === "baseline") return baselineChecks.filter(isIn);
  const replaced = new Set(restrictedChecks.filter(isIn).map((check) => check.replaces));
  return [
    ...baselineChecks.filter((check) => isIn(check) && !replaced.has(check.id)),
    ...restrictedChecks.filter(isIn),
  ];
}
