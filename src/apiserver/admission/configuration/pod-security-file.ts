import type { PodSecurityConfiguration } from "../pod-security/pod-security-configuration.ts";
import { labelProblems } from "../pod-security/policy.ts";

type Fields = Readonly<Record<string, unknown>>;

const MODES = ["enforce", "enforce-version", "audit", "audit-version", "warn", "warn-version"];

/** PodSecurityConfiguration as the plugin uses it. @throws Error that says what is wrong */
export function podSecurityConfiguration(configuration: Fields): PodSecurityConfiguration {
  const { apiVersion, kind } = configuration;
  const isKnown = String(apiVersion).startsWith("pod-security.admission.config.k8s.io/v1");
  if (kind !== "PodSecurityConfiguration" || !isKnown) {
    throw new Error("it must be a PodSecurityConfiguration of pod-security.admission.config.k8s.io/v1");
  }
  const defaults = Object.fromEntries(
    Object.entries((configuration.defaults ?? {}) as Fields).map(([key, value]) => {
      if (!MODES.includes(key)) throw new Error(`unknown field "defaults.${key}"`);
      return [key, String(value)];
    }),
  );
  const labels = Object.entries(defaults).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]);
  const [problem] = labelProblems(Object.fromEntries(labels));
  if (problem !== undefined) {
    const field = problem.label.replace("pod-security.kubernetes.io/", "defaults.");
    throw new Error(`${field}: Invalid value: ${JSON.stringify(problem.value)}: ${problem.detail}`);
  }
  const { usernames, runtimeClasses, namespaces } = (configuration.exemptions ?? {}) as Fields;
  return {
    defaults,
    exemptions: {
      usernames: textsOf(usernames),
      runtimeClasses: textsOf(runtimeClasses),
      namespaces: textsOf(namespaces),
    },
  };
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
