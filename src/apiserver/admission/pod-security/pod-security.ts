import { invalid, invalidObject } from "../../../api/field-error.ts";
import type { Namespace } from "../../../api/generated/core/v1.ts";
import { namespaces, pods } from "../../../api/generated/resources.ts";
import type { Labels } from "../../../api/selectors.ts";
import { atOnce } from "../../../base/at-once.ts";
import { Metrics } from "../../../base/metrics.ts";
import { type PodSecurityRecorder, podSecurityMetrics } from "../../metrics/pod-security-metrics.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "../admission.ts";
import { isAbout, isResource, refuse } from "../refuse.ts";
import type { PodLike } from "./check.ts";
import { existingViolations, unseenPods } from "./existing-pods.ts";
import { judgedPod } from "./judged-pod.ts";
import {
  NO_POD_SECURITY_CONFIGURATION,
  type PodSecurityConfiguration,
  withDefaults,
} from "./pod-security-configuration.ts";
import { isStricter, labelProblems, type Mode, type Policy, policyOf, policyText, violationsOf } from "./policy.ts";

/** The newest policies that are known. */
const NEWEST = "v1.36";
const ANNOTATION = "pod-security.kubernetes.io/";

/** Refuses pods that do not keep to the Pod Security Standard that their namespace's labels ask for, or tells of them. */
export function podSecurity(
  { reader, metrics = new Metrics() }: Pick<AdmissionDependencies, "reader" | "metrics">,
  configuration: PodSecurityConfiguration = NO_POD_SECURITY_CONFIGURATION,
): AdmissionPlugin {
  const { exemptions } = configuration;
  const recorder = podSecurityMetrics(metrics, NEWEST);
  return {
    name: "PodSecurity",
    handles: (attributes) => attributes.operation === "CREATE" || attributes.operation === "UPDATE",
    validate(attributes) {
      if (isAbout(attributes, "namespaces")) return validateNamespace(attributes, { reader, configuration });
      const judged = judgedPod(attributes);
      if (judged === undefined) return;
      const exempt = (why: string): void => {
        attributes.annotate(`${ANNOTATION}exempt`, why);
        recorder.exempted(attributes);
      };
      if (exemptions.namespaces.includes(attributes.namespace)) return exempt("namespace");
      if (exemptions.usernames.includes(attributes.user.name)) return exempt("user");
      const { runtimeClassName } = judged.spec;
      if (runtimeClassName !== undefined && exemptions.runtimeClasses.includes(runtimeClassName)) {
        return exempt("runtimeClass");
      }
      return atOnce(reader.get(namespaces, undefined, attributes.namespace), (namespace) =>
        judge(judged, withDefaults(namespace?.metadata?.labels, configuration), { attributes, recorder }),
      );
    },
  };
}

/** @throws StatusError Forbidden where the pod breaks what is enforced */
function judge(
  judged: PodLike,
  labels: Labels,
  { attributes, recorder }: { attributes: AdmissionAttributes; recorder: PodSecurityRecorder },
): void {
  const broken = (mode: Mode): { policy: Policy; violations: string } | undefined => {
    const policy = policyOf(labels, mode);
    const violations = violationsOf(judged, policy);
    if (violations === undefined) return undefined;
    recorder.evaluated("deny", policy, { mode, attributes });
    return { policy, violations };
  };
  const tell = ({ policy, violations }: { policy: Policy; violations: string }): string =>
    `would violate PodSecurity "${policyText(policy)}": ${violations}`;
  const audited = broken("audit");
  if (audited !== undefined) attributes.annotate(`${ANNOTATION}audit-violations`, tell(audited));
  if (isResource(attributes, "pods")) {
    const policy = policyOf(labels, "enforce");
    attributes.annotate(`${ANNOTATION}enforce-policy`, policyText(policy));
    const refused = broken("enforce");
    if (refused !== undefined) {
      throw refuse(attributes, `violates PodSecurity "${policyText(refused.policy)}": ${refused.violations}`);
    }
    recorder.evaluated("allow", policy, { mode: "enforce", attributes });
  }
  const warned = broken("warn");
  if (warned !== undefined) attributes.warn(tell(warned));
}

/** New labels must be right; a stricter level is told which pods would not be there under it. */
async function validateNamespace(
  attributes: AdmissionAttributes,
  of: { reader: AdmissionDependencies["reader"]; configuration: PodSecurityConfiguration },
): Promise<void> {
  const { metadata } = attributes.object as Namespace;
  const name = metadata?.name ?? "";
  const before = attributes.oldObject?.metadata?.labels;
  checkLabels(name, metadata?.labels, before);
  const { exemptions } = of.configuration;
  const labels = withDefaults(metadata?.labels, of.configuration);
  const enforced = policyOf(labels, "enforce");
  if (exemptions.namespaces.includes(name)) {
    const policies = (["enforce", "audit", "warn"] as const).map((mode) => ({ mode, policy: policyOf(labels, mode) }));
    const asked = policies.filter(({ policy }) => policy.level !== "privileged");
    if (asked.length === 0) return;
    const list = asked.map(({ mode, policy }) => `${mode}=${policyText(policy)}`).join(", ");
    attributes.warn(`namespace "${name}" is exempt from Pod Security, and the policy (${list}) will be ignored`);
    return;
  }
  if (attributes.operation !== "UPDATE") return;
  const old = policyOf(withDefaults(before, of.configuration), "enforce");
  if (!isStricter(enforced, old)) return;
  const found = (await of.reader.list(pods, name)).filter(
    ({ spec }) => !exemptions.runtimeClasses.includes(spec?.runtimeClassName ?? ""),
  );
  for (const line of unseenPods(found)) attributes.warn(line);
  const violations = existingViolations(found, enforced);
  if (violations.length === 0) return;
  attributes.warn(
    `existing pods in namespace "${name}" violate the new PodSecurity enforce level "${policyText(enforced)}"`,
  );
  for (const violation of violations) attributes.warn(violation);
}

function checkLabels(name: string, labels: Labels | undefined, old: Labels | undefined): void {
  const problems = labelProblems(labels).filter(({ label, value }) => old?.[label] !== value);
  if (problems.length === 0) return;
  const errors = problems.map(({ label, value, detail }) => invalid(`metadata.labels[${label}]`, value, detail));
  throw invalidObject({ group: "", kind: "Namespace" }, name, errors);
}
