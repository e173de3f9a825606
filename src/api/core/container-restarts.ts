import type { Container, ContainerRestartRule, PodSpec } from "../generated/core/v1.ts";

/** Whether a container that has ended with this code is started again: by its own rules, its policy, or the pod's. */
export function mayRestart(
  spec: PodSpec | undefined,
  { list, name, exitCode }: { list: "containers" | "initContainers"; name: string; exitCode: number },
): boolean {
  const container = (spec?.[list] ?? []).find((each) => each.name === name);
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  // One container's end may start all of them again.
  if (all.some((each) => each.restartPolicyRules?.some((rule) => rule.action === "RestartAllContainers"))) return true;
  if (container === undefined) return false;
  if (container.restartPolicyRules?.some((rule) => matches(rule, exitCode))) return true;
  return restarts(policyOf(container, spec), exitCode);
}

const policyOf = (container: Container, spec: PodSpec | undefined): string =>
  container.restartPolicy ?? spec?.restartPolicy ?? "Always";

const restarts = (policy: string, exitCode: number): boolean =>
  policy === "Always" || (policy === "OnFailure" && exitCode !== 0);

function matches({ action, exitCodes }: ContainerRestartRule, exitCode: number): boolean {
  if (action !== "Restart" || exitCodes === undefined) return false;
  const isListed = (exitCodes.values ?? []).includes(exitCode);
  return exitCodes.operator === "NotIn" ? !isListed : isListed;
}
