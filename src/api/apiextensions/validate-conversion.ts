import { validateClientConfig } from "../admissionregistration/webhook-rules.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { CustomResourceConversion } from "../generated/apiextensions.k8s.io/v1.ts";
import { dns1035LabelErrors } from "../names.ts";

const ACCEPTED = ["v1", "v1beta1"];

/** What is wrong with how objects get from one version to another. Fields are named as in upstream's errors. */
export function validateConversion(
  conversion: CustomResourceConversion | undefined,
  options: { readonly requiresAccepted: boolean; readonly requiresBundle: boolean },
): FieldError[] {
  if (conversion === undefined) return [];
  const field = "spec.conversion";
  const { strategy, webhook } = conversion;
  const versions = webhook?.conversionReviewVersions ?? [];
  const config = webhook?.clientConfig;
  const errors: FieldError[] = [];
  if (!strategy) errors.push(required(`${field}.strategy`));
  else if (!["None", "Webhook"].includes(strategy)) {
    errors.push(notSupported(`${field}.strategy`, strategy, ["None", "Webhook"]));
  }
  if (strategy !== "Webhook") {
    const detail = "should not be set when strategy is not set to Webhook";
    if (config !== undefined) errors.push(forbiddenField(`${field}.webhookClientConfig`, detail));
    if (versions.length > 0) errors.push(forbiddenField(`${field}.conversionReviewVersions`, detail));
    return errors;
  }
  if (config === undefined) {
    errors.push(required(`${field}.webhookClientConfig`, "required when strategy is set to Webhook"));
  } else {
    errors.push(...validateClientConfig(config, `${field}.webhookClientConfig`));
    if (config.caBundle && options.requiresBundle && !isBundle(config.caBundle)) {
      const detail = "unable to load root certificates: unable to parse bytes as PEM block";
      errors.push(invalid(`${field}.webhookClientConfig.caBundle`, config.caBundle, detail));
    }
  }
  return [...errors, ...reviewVersionErrors(versions, `${field}.conversionReviewVersions`, options.requiresAccepted)];
}

/** Whether conversion asks for no version that this server speaks. */
export const hasNoAcceptedVersion = (versions: readonly string[] = []): boolean =>
  versions.length > 0 && !versions.some((version) => ACCEPTED.includes(version));

/** Whether it is certificates in PEM, in base64. */
export const isBundle = (bundle: string): boolean =>
  Buffer.from(bundle, "base64").toString("latin1").includes("-----BEGIN CERTIFICATE-----");

function reviewVersionErrors(versions: readonly string[], field: string, requiresAccepted: boolean): FieldError[] {
  if (versions.length === 0) return [required(field)];
  const errors = versions.flatMap((version, index) =>
    versions.indexOf(version) < index
      ? [invalid(`${field}[${index}]`, version, "duplicate version")]
      : dns1035LabelErrors(version).map((error) => invalid(`${field}[${index}]`, version, error)),
  );
  if (requiresAccepted && hasNoAcceptedVersion(versions)) {
    errors.push(invalid(field, versions, `must include at least one of ${ACCEPTED.join(", ")}`));
  }
  return errors;
}
