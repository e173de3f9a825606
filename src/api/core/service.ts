import { ageColumn, formatLabels, nameColumn, textColumn, wide } from "../columns.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { Service } from "../generated/core/v1.ts";
import { balancerWarnings } from "../ip-warnings.ts";
import { defineKind } from "../kind.ts";
import { prepareServiceForUpdate } from "./service-update.ts";
import { serviceWarnings } from "./service-warnings.ts";
import {
  isExternallyAccessible,
  validateService,
  validateServiceStatus,
  validateServiceUpdate,
} from "./validate-service.ts";

const CLIENT_IP_SECONDS = 3 * 60 * 60;

export const serviceKind = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  nameRule: "dnsLabel",
  withoutGeneration: true,
  setDefaults: setServiceDefaults,
  setStatusDefaults: setBalancerDefaults,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
    const { spec } = service;
    if (spec?.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
  },
  prepareForUpdate: prepareServiceForUpdate,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatus,
  warnings: serviceWarnings,
  statusWarnings: balancerWarnings,
  columns: [
    nameColumn,
    textColumn<Service>("Type", columnTexts["core.v1.ServiceSpec.type"], ({ spec }) => spec?.type ?? ""),
    textColumn<Service>(
      "Cluster-IP",
      columnTexts["core.v1.ServiceSpec.clusterIP"],
      ({ spec }) => spec?.clusterIPs?.[0] || "<none>",
    ),
    textColumn<Service>("External-IP", columnTexts["core.v1.ServiceSpec.externalIPs"], externalAddress),
    textColumn<Service>(
      "Port(s)",
      columnTexts["core.v1.ServiceSpec.ports"],
      ({ spec }) =>
        (spec?.ports ?? [])
          .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`)
          .join(",") || "<none>",
    ),
    ageColumn,
    wide(
      textColumn<Service>("Selector", columnTexts["core.v1.ServiceSpec.selector"], ({ spec }) =>
        formatLabels(spec?.selector),
      ),
    ),
  ],
  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec?.clusterIP ?? "",
    "spec.type": ({ spec }) => spec?.type ?? "",
  },
});

const POLICIES: readonly string[] = ["Cluster", "Local"];

function setServiceDefaults(service: Service): void {
  const spec = (service.spec ??= {});
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: CLIENT_IP_SECONDS } };
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  // Where nothing is routed it says nothing: upstream takes it and drops it.
  else if (POLICIES.includes(spec.internalTrafficPolicy ?? "")) delete spec.internalTrafficPolicy;
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
  setBalancerDefaults(service);
}

function setBalancerDefaults({ spec, status }: Service): void {
  if (spec?.type !== "LoadBalancer") return;
  for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
}

function externalAddress({ spec, status }: Service): string {
  const given = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case "ClusterIP":
    case "NodePort":
      return given.join(",") || "<none>";
    case "ExternalName":
      return spec.externalName ?? "";
    case "LoadBalancer": {
      const balancer = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
      const all = [...new Set(balancer.filter((address) => address !== ""))].sort();
      return [...all, ...given].join(",") || "<pending>";
    }
    default:
      return "<unknown>";
  }
}
