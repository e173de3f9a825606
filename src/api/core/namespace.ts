import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid } from "../field-error.ts";
import { finalizerOwnerErrors } from "../finalizer-names.ts";
import type { Namespace } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { qualifiedNameErrors } from "../names.ts";

/** The finalizer of the namespace controller, in spec.finalizers: the namespace goes when its contents are gone. */
const KUBERNETES_FINALIZER = "kubernetes";
const NAME_LABEL = "kubernetes.io/metadata.name";

export const namespaceKind = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  nameRule: "dnsLabel",
  withoutGeneration: true,
  setDefaults(namespace) {
    const meta = (namespace.metadata ??= {});
    if (meta.name) meta.labels = { ...meta.labels, [NAME_LABEL]: meta.name };
    namespace.spec ??= {};
    setStatusDefaults(namespace);
  },
  setStatusDefaults,
  prepareForCreate(namespace) {
    namespace.status = { phase: "Active" };
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(KUBERNETES_FINALIZER)) {
      namespace.spec = { ...namespace.spec, finalizers: [...finalizers, KUBERNETES_FINALIZER] };
    }
  },
  prepareForUpdate(namespace, old) {
    namespace.spec = { ...namespace.spec };
    if (old.spec?.finalizers === undefined) delete namespace.spec.finalizers;
    else namespace.spec.finalizers = old.spec.finalizers;
    namespace.status = old.status;
  },
  validateCreate: ({ spec }) =>
    (spec?.finalizers ?? []).flatMap((finalizer) => validateFinalizer(finalizer, "spec.finalizers")),
  validateStatusUpdate({ metadata, status }) {
    const isDeleted = metadata?.deletionTimestamp !== undefined;
    const wanted = isDeleted ? "Terminating" : "Active";
    if (status?.phase === wanted) return [];
    const message = `may only be '${wanted}' if \`deletionTimestamp\` is ${isDeleted ? "not empty" : "empty"}`;
    return [invalid("status.Phase", status?.phase ?? "", message)];
  },
  columns: [
    nameColumn,
    textColumn<Namespace>("Status", "The status of the namespace", (namespace) => namespace.status?.phase ?? ""),
    ageColumn,
  ],
  selectableFields: {
    "status.phase": (namespace) => namespace.status?.phase ?? "",
    name: (namespace) => namespace.metadata?.name ?? "",
  },
});

function setStatusDefaults(namespace: Namespace): void {
  namespace.status ??= {};
  namespace.status.phase ||= "Active";
}

/** What is wrong with the finalizers that a namespace is to have (ValidateNamespaceFinalizeUpdate). */
export function validateNamespaceFinalizers({ spec }: Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((each, index) => validateFinalizer(each, `spec.finalizers[${index}]`));
}

function validateFinalizer(finalizer: string, field: string): FieldError[] {
  return [...invalids(field, finalizer, qualifiedNameErrors(finalizer)), ...finalizerOwnerErrors(finalizer, field)];
}
