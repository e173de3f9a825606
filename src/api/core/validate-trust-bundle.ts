import { joined } from "../../base/joined.ts";
import { validateSignerName } from "../certificates/signer-name.ts";
import { invalids, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { ClusterTrustBundleProjection } from "../generated/core/v1.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { validateLabelSelector } from "../selectors.ts";
import { validateFilePath } from "./validate-path.ts";

/** A source as upstream shows it in a message. */
const shown = (source: ClusterTrustBundleProjection): object => ({
  Name: source.name ?? null,
  SignerName: source.signerName ?? null,
  LabelSelector: source.labelSelector ?? null,
  Optional: source.optional ?? null,
  Path: source.path ?? "",
});

/** What is wrong with certificates of authorities in a volume: one bundle by its name, or all of a signer. */
export function validateTrustBundle(source: ClusterTrustBundleProjection, field: string): FieldError[] {
  const { path = "" } = source;
  return joined(
    validateChoice(source, field),
    requiredText(path, `${field}.path`),
    validateFilePath(path, `${field}.path`),
  );
}

function validateChoice(source: ClusterTrustBundleProjection, field: string): FieldError[] {
  const { name, signerName, labelSelector } = source;
  if (name !== undefined && signerName !== undefined) {
    return [invalid(field, shown(source), "only one of name and signerName may be used")];
  }
  if (name !== undefined) {
    const errors = requiredText(name, `${field}.name`, "must be a valid object name");
    errors.push(...invalids(`${field}.name`, name, bundleNameErrors(name)));
    const message = "labelSelector must be unset if name is specified";
    if (labelSelector !== undefined) errors.push(invalid(`${field}.labelSelector`, labelSelector, message));
    return errors;
  }
  if (signerName === undefined) return [required(field, "either name or signerName must be specified")];
  return joined(
    requiredText(signerName, `${field}.signerName`, "must be a valid signer name"),
    validateSignerName(signerName, `${field}.signerName`),
    validateLabelSelector(labelSelector, `${field}.labelSelector`),
  );
}

/** Bundles of a signer have its name in front, with colons for slashes. */
function bundleNameErrors(name: string): string[] {
  const end = name.lastIndexOf(":");
  const errors =
    end === 0
      ? ['ClusterTrustBundle without signer name must not have ":" in its name']
      : dnsSubdomainErrors(name.slice(end + 1));
  return errors.map((error) => `not a valid clustertrustbundlename: ${error}`);
}
