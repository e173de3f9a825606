import type { Pod } from "../../api/generated/core/v1.ts";
import type { AnyContainer, ContainerKind } from "./pod.ts";

/**
 * Whether a container that ended with that code is started again: by its own rules and policy where it has them, else by
 * the pod's. Init containers with `Always` are sidecars; other init containers run until they succeed, or once with Never.
 */
export function shouldRestart(
  pod: Pod,
  of: { kind: ContainerKind; container: AnyContainer },
  exitCode: number,
): boolean {
  const { kind, container } = of;
  if (kind === "ephemeral") return false;
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    if (exitCodes === undefined || action !== "Restart") continue;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    if (exitCodes.operator === "In" ? listed : !listed) return true;
  }
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? "Always";
  if (policy === "Never") return false;
  if (policy === "OnFailure") return exitCode !== 0;
  return kind === "regular" || container.restartPolicy === "Always" ? true : exitCode !== 0;
}
