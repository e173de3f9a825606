import { nameColumn, textColumn } from "../columns.ts";
import { type FieldError, invalid, tooLong } from "../field-error.ts";
import type { ClusterTrustBundle } from "../generated/certificates.k8s.io/v1beta1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { readCertificate } from "./issued-certificate.ts";
import { type PemBlock, pemBlocks } from "./pem.ts";
import { validateSignerName } from "./signer-name.ts";

const BUNDLE_BYTES_MAX = 1024 * 1024;

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
        columnTexts["certificates.v1beta1.ClusterTrustBundleSpec.signerName"],
        ({ spec }) => spec?.signerName || "<none>",
      ),
    ],
    selectableFields: { "spec.signerName": ({ spec }) => spec?.signerName ?? "" },
  }),
);

function validateBundle({ metadata, spec }: ClusterTrustBundle, old?: ClusterTrustBundle): FieldError[] {
  const name = metadata?.name ?? "";
  const signer = spec?.signerName ?? "";
  const errors = nameErrors(name, signer).map((message) => invalid("metadata.name", name, message));
  if (signer !== "") errors.push(...validateSignerName(signer, "spec.signerName"));
  const bundle = spec?.trustBundle ?? "";
  // What was read once may stay, also when certificates are read more strictly one day.
  return bundle === old?.spec?.trustBundle ? errors : [...errors, ...validateAnchors(bundle, "spec.trustBundle")];
}

/** A bundle of a signer has the signer's name in front of its own. */
function nameErrors(name: string, signer: string): string[] {
  if (signer === "") {
    if (name.includes(":")) return ['ClusterTrustBundle without signer name must not have ":" in its name'];
    return dnsSubdomainErrors(name);
  }
  const prefix = `${signer.replaceAll("/", ":")}:`;
  if (!name.startsWith(prefix)) {
    return [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
  }
  return dnsSubdomainErrors(name.slice(prefix.length));
}

/** Authorities' certificates, each once. */
function validateAnchors(bundle: string, field: string): FieldError[] {
  if (Buffer.byteLength(bundle) > BUNDLE_BYTES_MAX) return [tooLong(field, BUNDLE_BYTES_MAX)];
  const wrong = (message: string): FieldError => invalid(field, "<value omitted>", message);
  const blocks = pemBlocks(bundle);
  const problems = blocks.flatMap((block, index) => {
    const problem = anchorProblem(block);
    return problem === undefined ? [] : [wrong(`entry ${index} ${problem}`)];
  });
  if (problems.length > 0) return problems;
  if (blocks.length === 0) return [wrong("at least one trust anchor must be provided")];
  const places = new Map<string, number[]>();
  blocks.forEach(({ bytes }, index) => {
    const key = bytes.toString("base64");
    places.set(key, [...(places.get(key) ?? []), index]);
  });
  return [...places.values()]
    .filter((indices) => indices.length > 1)
    .map((indices) => wrong(`duplicate trust anchor (indices [${indices.join(" ")}])`));
}

function anchorProblem({ type, hasHeaders, bytes }: PemBlock): string | undefined {
  if (type !== "CERTIFICATE") return `has bad block type: ${type}`;
  if (hasHeaders) return "has PEM block headers";
  const certificate = readCertificate(bytes);
  if (certificate === undefined) return "does not parse as X.509";
  return certificate.ca ? undefined : "does not have the CA bit set";
}
