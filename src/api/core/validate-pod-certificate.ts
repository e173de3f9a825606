import { joined } from "../../base/joined.ts";
import { isKubernetesSigner, validateSignerName } from "../certificates/signer-name.ts";
import { validateUserAnnotations } from "../certificates/user-annotations.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { PodCertificateProjection } from "../generated/core/v1.ts";
import { validateFilePath } from "./validate-path.ts";

const KEY_TYPES = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
const SHORTEST_SECONDS = 3600;
const LONGEST_SECONDS = 91 * 86400;
const LONGEST_SECONDS_OF_KUBERNETES = 86400;
const FILES = ["credentialBundlePath", "keyPath", "certificateChainPath"] as const;

/**
 * What is wrong with a key and its certificate in a volume.
 *
 * @param claim takes the path of a file, and tells when it is taken
 */
export function validatePodCertificate(
  source: PodCertificateProjection,
  field: string,
  claim: (path: string) => FieldError[],
): FieldError[] {
  const { signerName = "", keyType = "" } = source;
  const files = FILES.filter((key) => source[key]);
  const message = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
  return joined(
    validateSignerName(signerName, `${field}.signerName`),
    validateUserAnnotations(source.userAnnotations ?? {}, `${field}.userAnnotations`),
    KEY_TYPES.includes(keyType) ? [] : [notSupported(`${field}.keyType`, keyType, KEY_TYPES)],
    validateExpiration(source, `${field}.maxExpirationSeconds`),
    files.flatMap((key) => joined(validateFilePath(source[key]!, `${field}.${key}`), claim(source[key]!))),
    files.length === 0 ? [required(field, message)] : [],
  );
}

/** Signers of Kubernetes itself never issue for longer than a day. */
function validateExpiration(source: PodCertificateProjection, field: string): FieldError[] {
  const { signerName = "", maxExpirationSeconds: seconds } = source;
  if (seconds === undefined) return [];
  const wrong = (how: string) => [invalid(field, seconds, `if provided, maxExpirationSeconds must be ${how}`)];
  if (seconds < SHORTEST_SECONDS) return wrong(`>= ${SHORTEST_SECONDS}`);
  const longest = isKubernetesSigner(signerName) ? LONGEST_SECONDS_OF_KUBERNETES : LONGEST_SECONDS;
  return seconds > longest ? wrong(`<= ${longest}`) : [];
}
