import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { ClusterTrustBundle } from "../generated/certificates.k8s.io/v1beta1.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { validateSignerName } from "./certificate-signing-request.ts";

export const clusterTrustBundleKinds = ["v1beta1", "v1alpha1"].map((version) =>
  defineKind<ClusterTrustBundle>({
    group: "certificates.k8s.io",
    version,
    kind: "ClusterTrustBundle",
    refusesUnconditionalUpdate: true,
    nameRule: "pathSegment",
    validate: validateBundle,
    validateUpdate: (bundle, old) => immutable(bundle.spec?.signerName, old.spec?.signerName, "spec.signerName"),
    columns: [
      nameColumn,
      textColumn<ClusterTrustBundle>(
        "SignerName",
        "The associated signer, if any.",
        ({ spec }) => spec?.signerName || "<none>",
      ),
      ageColumn,
    ],
    selectableFields: { "spec.signerName": ({ spec }) => spec?.signerName ?? "" },
  }),
);

function validateBundle({ metadata, spec }: ClusterTrustBundle): FieldError[] {
  const errors: FieldError[] = [];
  const name = metadata?.name ?? "";
  const signer = spec?.signerName ?? "";
  if (signer === "") {
    if (name.includes(":"))
      errors.push(
        invalid("metadata.name", name, 'ClusterTrustBundle without signer name must not have ":" in its name'),
      );
  } else {
    errors.push(...validateSignerName(signer, "spec.signerName"));
    const prefix = `${signer.replaceAll("/", ":")}:`;
    if (!name.startsWith(prefix)) {
      errors.push(
        invalid(
          "metadata.name",
          name,
          `ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`,
        ),
      );
    }
  }
  if (!spec?.trustBundle) errors.push(required("spec.trustBundle"));
  else if (!spec.trustBundle.includes("-----BEGIN CERTIFICATE-----")) {
    errors.push(invalid("spec.trustBundle", "<value omitted>", "at least one trust anchor must be provided"));
  }
  return errors;
}
