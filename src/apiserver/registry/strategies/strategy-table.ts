import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "../../../api/generated/resources.ts";
import type { ResourceReference } from "../../../api/meta.ts";
import type { Authorization } from "../../authz/create-authorizer.ts";
import { definitionStrategy } from "../../crd/definition-strategy.ts";
import type { certificateMetrics } from "../../metrics/certificate-metrics.ts";
import type { ObjectReader } from "../../reader.ts";
import type { Strategy } from "../strategy.ts";
import { mutatingAdmissionPolicyStrategy, validatingAdmissionPolicyStrategy } from "./admission-policy.ts";
import { certificateSigningRequestStrategy } from "./certificate-signing-request.ts";
import { deviceSelectorStrategies } from "./device-selectors.ts";
import { deviceTaintRuleStrategy, resourceSliceStrategy } from "./device-taints.ts";
import { eventStrategy } from "./event.ts";
import { mandatoryFlowControl } from "./mandatory-flow-control.ts";
import { namespaceStrategy } from "./namespace.ts";
import { persistentVolumeStrategy } from "./persistent-volume.ts";
import { podStrategy } from "./pod.ts";
import { podCertificateRequestStrategy } from "./pod-certificate-request.ts";
import { priorityClassStrategy } from "./priority-class.ts";
import { rbacStrategy } from "./rbac.ts";
import { serviceStrategy } from "./service.ts";
import type { ServiceClaims } from "./service-claims.ts";
import { webhookConfigurationStrategy } from "./webhook-configuration.ts";

/** The kinds that need more than data, in one table. */
export function strategyTable(
  options: Omit<Parameters<typeof serviceStrategy>[0], "reader" | "claims">,
  parts: {
    reader: ObjectReader;
    authorization: () => Authorization;
    claims: ServiceClaims;
    signed: ReturnType<typeof certificateMetrics>;
  },
): Record<string, Strategy> {
  const { reader, authorization, claims } = parts;
  const rbac = [clusterRoles, clusterRoleBindings, roles, roleBindings].map((each) => [
    `${each.group}/${each.resource}`,
    rbacStrategy(each as ResourceReference, authorization),
  ]);
  return {
    "/pods": podStrategy,
    "/namespaces": namespaceStrategy,
    "/events": eventStrategy,
    "/services": serviceStrategy({ ...options, reader, claims }),
    "/limitranges": { createOnUpdate: true },
    "/endpoints": { createOnUpdate: true },
    "/persistentvolumes": persistentVolumeStrategy,
    "certificates.k8s.io/certificatesigningrequests": certificateSigningRequestStrategy(parts.signed),
    "certificates.k8s.io/podcertificaterequests": podCertificateRequestStrategy(authorization),
    "coordination.k8s.io/leases": { createOnUpdate: true },
    "coordination.k8s.io/leasecandidates": { createOnUpdate: true },
    "node.k8s.io/runtimeclasses": { createOnUpdate: true },
    "scheduling.k8s.io/priorityclasses": priorityClassStrategy,
    ...deviceSelectorStrategies(() => reader, authorization),
    ...mandatoryFlowControl,
    "resource.k8s.io/devicetaintrules": deviceTaintRuleStrategy,
    "resource.k8s.io/resourceslices": resourceSliceStrategy,
    "admissionregistration.k8s.io/mutatingadmissionpolicies": mutatingAdmissionPolicyStrategy,
    "admissionregistration.k8s.io/validatingadmissionpolicies": validatingAdmissionPolicyStrategy,
    "admissionregistration.k8s.io/mutatingwebhookconfigurations": webhookConfigurationStrategy,
    "admissionregistration.k8s.io/validatingwebhookconfigurations": webhookConfigurationStrategy,
    "apiextensions.k8s.io/customresourcedefinitions": definitionStrategy,
    ...Object.fromEntries(rbac),
  };
}
