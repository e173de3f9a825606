import type {
  Job,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
} from "../../api/generated/batch/v1.ts";
import type { ContainerStatus, Pod } from "../../api/generated/core/v1.ts";
import { hasLimitPerIndex } from "./job-pods.ts";

export interface PolicyVerdict {
  readonly action?: "Ignore" | "FailIndex" | "Count" | "FailJob";
  /** Whether the failure counts towards backoffLimit. */
  readonly counts: boolean;
  /** Why the job fails, for FailJob. */
  readonly message?: string;
}

/** What the job's podFailurePolicy says of a failed pod: the first rule that matches decides. Pure. */
export function judgeFailure(job: Job, pod: Pod): PolicyVerdict {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const match = matchOf(rule, pod);
    if (match === undefined) continue;
    switch (rule.action) {
      case "Ignore":
        return { action: "Ignore", counts: false };
      case "FailIndex":
        if (!hasLimitPerIndex(job)) continue;
        return { action: "FailIndex", counts: true };
      case "Count":
        return { action: "Count", counts: true };
      case "FailJob":
        return { action: "FailJob", counts: true, message: `${match} matching FailJob rule at index ${index}` };
      default:
    }
  }
  return { counts: true };
}

function matchOf(rule: PodFailurePolicyRule, pod: Pod): string | undefined {
  const name = `${pod.metadata?.namespace}/${pod.metadata?.name}`;
  if (rule.onExitCodes !== undefined) {
    const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    const status = statuses.find((each) => exitMatches(rule.onExitCodes!, each));
    if (status === undefined) return undefined;
    return `Container ${status.name} for pod ${name} failed with exit code ${status.state?.terminated?.exitCode}`;
  }
  for (const pattern of rule.onPodConditions ?? []) {
    const wanted = pattern.status ?? "True";
    const condition = pod.status?.conditions?.find((each) => each.type === pattern.type && each.status === wanted);
    if (condition !== undefined) return `Pod ${name} has condition ${condition.type}`;
  }
  return undefined;
}

function exitMatches(requirement: PodFailurePolicyOnExitCodesRequirement, status: ContainerStatus): boolean {
  if (requirement.containerName !== undefined && requirement.containerName !== status.name) return false;
  const exitCode = status.state?.terminated?.exitCode;
  if (exitCode === undefined || exitCode === 0) return false;
  const listed = requirement.values.includes(exitCode);
  if (requirement.operator === "In") return listed;
  return requirement.operator === "NotIn" && !listed;
}
