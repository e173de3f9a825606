import { ageColumn, nameAndAgeFields, nameColumn, textColumn } from "../columns.ts";
import { invalids, nonNegative } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { Lease } from "../generated/coordination.k8s.io/v1.ts";
import type { LeaseCandidate } from "../generated/coordination.k8s.io/v1beta1.ts";
import { defineKind } from "../kind.ts";
import { configMapKeyErrors, qualifiedNameErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { compareSemanticVersions, parseSemanticVersion } from "./semantic-version.ts";

const OLDEST_VERSION = "OldestEmulationVersion";

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
    if (strategy !== undefined) errors.push(...validateStrategy(strategy));
    if (preferredHolder && !strategy) {
      errors.push(forbiddenField("spec.preferredHolder", "may only be specified if `strategy` is defined"));
    }
    return errors;
  },
  columns: [
    nameColumn,
    textColumn<Lease>(
      "Holder",
      columnTexts["coordination.v1.LeaseSpec.holderIdentity"],
      ({ spec }) => spec?.holderIdentity ?? "",
    ),
    ageColumn,
  ],
  columnFields: { metadata: nameAndAgeFields, spec: { holderIdentity: true } },
});

export const leaseCandidateKinds = ["v1beta1", "v1alpha2"].map((version) =>
  defineKind<LeaseCandidate>({
    group: "coordination.k8s.io",
    version,
    kind: "LeaseCandidate",
    refusesUnconditionalUpdate: true,
    nameRule: "pathSegment",
    validate: validateCandidate,
    validateCreate({ metadata }) {
      const name = metadata?.name ?? "";
      return invalids("metadata.name", name, configMapKeyErrors(name));
    },
    validateUpdate: ({ spec }, old) => immutable(spec?.leaseName, old.spec?.leaseName, "spec.leaseName"),
    columns: [
      nameColumn,
      textColumn<LeaseCandidate>(
        "LeaseName",
        columnTexts["coordination.v1beta1.LeaseCandidateSpec.leaseName"],
        ({ spec }) => spec?.leaseName ?? "",
      ),
      textColumn<LeaseCandidate>("BinaryVersion", "", ({ spec }) => spec?.binaryVersion ?? ""),
      textColumn<LeaseCandidate>("EmulationVersion", "", ({ spec }) => spec?.emulationVersion ?? ""),
      ageColumn,
    ],
    selectableFields: { "spec.leaseName": ({ spec }) => spec?.leaseName ?? "" },
  }),
);

function validateCandidate({ spec }: LeaseCandidate): FieldError[] {
  const errors: FieldError[] = spec?.leaseName ? [] : [required("spec.leaseName")];
  const { emulationVersion = "", binaryVersion = "", strategy = "" } = spec ?? {};
  const [emulated, binary] = [emulationVersion, binaryVersion].map(parseSemanticVersion);
  const message = "must be a valid semantic version";
  if (emulationVersion !== "" && emulated === undefined) {
    errors.push(invalid("spec.emulationVersion", emulationVersion, message));
  }
  if (binaryVersion === "") errors.push(required("spec.binaryVersion"));
  else if (binary === undefined) errors.push(invalid("spec.binaryVersion", binaryVersion, message));
  const isOlder = binary !== undefined && emulated !== undefined && compareSemanticVersions(binary, emulated) < 0;
  if (isOlder) {
    const order = "must be greater than or equal to `emulationVersion`";
    errors.push(invalid("spec.binaryVersion", binaryVersion, order));
  }
  if (strategy === "") return [...errors, required("spec.strategy")];
  if (strategy === OLDEST_VERSION && emulated === undefined) {
    const reason = "must be specified when `strategy` is 'OldestEmulationVersion'";
    errors.push(required("spec.emulationVersion", reason));
  }
  return [...errors, ...validateStrategy(strategy)];
}

/** One that Kubernetes knows, or one of somebody's own: `example.com/mine`. Errors name the field as upstream does. */
function validateStrategy(strategy: string): FieldError[] {
  const field = "spec.strategy.strategy";
  if (strategy.includes("/")) return invalids(field, strategy, qualifiedNameErrors(strategy));
  return strategy === OLDEST_VERSION ? [] : [notSupported(field, strategy, [OLDEST_VERSION])];
}
