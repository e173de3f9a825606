import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { findCondition } from "../conditions.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { APIService } from "../generated/apiregistration.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { dns1035LabelErrors, dnsSubdomainErrors, portNumberErrors } from "../names.ts";

const LOCAL_MESSAGE = "Local APIServices are always available";
const STATUSES = ["True", "False", "Unknown"];

export const apiServiceKind = defineKind<APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  refusesUnconditionalUpdate: true,
  withoutGeneration: true,
  nameRule: "pathSegment",
  setDefaults({ spec }) {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  prepareForCreate(service) {
    service.status = {};
    // The server itself serves the group versions that name no service.
    if (service.spec?.service === undefined) {
      const { creationTimestamp: lastTransitionTime } = service.metadata ?? {};
      const available = { type: "Available", status: "True", reason: "Local", message: LOCAL_MESSAGE };
      service.status.conditions = [{ ...available, ...(lastTransitionTime && { lastTransitionTime }) }];
    }
  },
  validate: validateService,
  statusKeepsMetadata: true,
  validateStatusUpdate: ({ status }) =>
    (status?.conditions ?? []).flatMap((condition, index) =>
      STATUSES.includes(condition.status)
        ? []
        : [notSupported(`status.conditions[${index}].status`, condition.status, STATUSES)],
    ),
  columns: [
    nameColumn,
    textColumn<APIService>("Service", "The reference to the service that hosts this API endpoint.", ({ spec }) =>
      spec?.service === undefined ? "Local" : `${spec.service.namespace}/${spec.service.name}`,
    ),
    textColumn<APIService>("Available", "Whether this service is available.", ({ status }) => {
      const available = findCondition(status?.conditions, "Available");
      if (available === undefined) return "Unknown";
      return available.status === "True" ? "True" : `${available.status} (${available.reason ?? ""})`;
    }),
    ageColumn,
  ],
});

function validateService({ metadata, spec }: APIService): FieldError[] {
  const errors: FieldError[] = [];
  const { group = "", version = "", service } = spec ?? {};
  const wanted = `${version}.${group}`;
  if (metadata?.name !== wanted) {
    errors.push(invalid("metadata.name", metadata?.name ?? "", `must be \`spec.version+"."+spec.group\`: "${wanted}"`));
  }
  if (group !== "") errors.push(...invalids("spec.group", group, dnsSubdomainErrors(group)));
  else if (version !== "v1") {
    errors.push(required("spec.group", "only v1 may have an empty group and it better be legacy kube"));
  }
  errors.push(...invalids("spec.version", version, dns1035LabelErrors(version)));
  for (const key of ["groupPriorityMinimum", "versionPriority"] as const) {
    const limit = key === "groupPriorityMinimum" ? 20000 : 1000;
    const value = spec?.[key] ?? 0;
    if (value <= 0 || value > limit) {
      errors.push(invalid(`spec.${key}`, value, `must be positive and less than ${limit}`));
    }
  }
  if (service === undefined) {
    const bytes = Buffer.byteLength(spec?.caBundle ?? "", "base64");
    if (bytes > 0) {
      errors.push(invalid("spec.caBundle", `${bytes} bytes`, "local APIServices may not have a caBundle"));
    }
    if (spec?.insecureSkipTLSVerify) {
      errors.push(invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify"));
    }
    return errors;
  }
  if (!service.namespace) errors.push(required("spec.service.namespace"));
  if (!service.name) errors.push(required("spec.service.name"));
  const wrongPort = portNumberErrors(service.port ?? 443);
  if (wrongPort.length > 0) {
    errors.push(invalid("spec.service.port", service.port, `port is not valid: ${wrongPort.join(", ")}`));
  }
  if (spec?.insecureSkipTLSVerify && spec.caBundle) {
    errors.push(invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"));
  }
  return errors;
}
