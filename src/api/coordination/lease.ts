import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { nonNegative, optionalNamed, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { Lease } from "../generated/coordination.k8s.io/v1.ts";
import type { LeaseCandidate } from "../generated/coordination.k8s.io/v1beta1.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";

export const leaseKind = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  refusesUnconditionalUpdate: true,
  validate({ spec }) {
    const errors: FieldError[] = [];
    const { leaseDurationSeconds, strategy, preferredHolder } = spec ?? {};
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      errors.push(invalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0"));
    }
    errors.push(...nonNegative(spec?.leaseTransitions, "spec.leaseTransitions"));
    if (preferredHolder !== undefined && preferredHolder !== "" && !strategy) {
      errors.push({
        reason: "FieldValueForbidden",
        field: "spec.preferredHolder",
        message: "Forbidden: may only be specified when `strategy` is defined",
      });
    }
    return errors;
  },
  columns: [
    nameColumn,
    textColumn<Lease>(
      "Holder",
      "The identity of the holder of a current lease.",
      ({ spec }) => spec?.holderIdentity ?? "",
    ),
    ageColumn,
  ],
});

export const leaseCandidateKinds = ["v1beta1", "v1alpha2"].map((version) =>
  defineKind<LeaseCandidate>({
    group: "coordination.k8s.io",
    version,
    kind: "LeaseCandidate",
    refusesUnconditionalUpdate: true,
    validate({ spec }) {
      const errors = requiredText(spec?.leaseName, "spec.leaseName");
      errors.push(...optionalNamed(spec?.leaseName, dnsSubdomainErrors, "spec.leaseName"));
      if (!spec?.binaryVersion) errors.push(required("spec.binaryVersion"));
      if (!spec?.strategy) errors.push(required("spec.strategy"));
      return errors;
    },
    columns: [
      nameColumn,
      textColumn<LeaseCandidate>(
        "LeaseName",
        "The name of the lease for which this candidate is contending.",
        ({ spec }) => spec?.leaseName ?? "",
      ),
      textColumn<LeaseCandidate>(
        "BinaryVersion",
        "The binary version of the candidate.",
        ({ spec }) => spec?.binaryVersion ?? "",
      ),
      textColumn<LeaseCandidate>(
        "EmulationVersion",
        "The emulation version of the candidate.",
        ({ spec }) => spec?.emulationVersion ?? "",
      ),
      ageColumn,
    ],
    selectableFields: { "spec.leaseName": ({ spec }) => spec?.leaseName ?? "" },
  }),
);
