import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
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
    namespace.status ??= {};
    namespace.status.phase ||= "Active";
  },
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
  validate: (namespace) =>
    (namespace.spec?.finalizers ?? []).flatMap((finalizer) =>
      invalids("spec.finalizers", finalizer, qualifiedNameErrors(finalizer)),
    ),
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
