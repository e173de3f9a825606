import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { bitString, explicit, integer, objectIdentifier, sequence, set } from "../../base/der.ts";
import { alternativeNamesExtension, nameOf, type Subject, toPem } from "./issue-certificate.ts";

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

/** A PKCS #10 request (RFC 2986) for a certificate on this EC key; PEM. */
export function certificateRequest(
  wanted: { readonly subject: Subject; readonly names?: readonly string[]; readonly addresses?: readonly string[] },
  key: KeyObject,
): string {
  const alternatives = alternativeNamesExtension(wanted);
  const attributes =
    alternatives.length === 0 ? [] : [sequence(objectIdentifier(EXTENSION_REQUEST), set(sequence(...alternatives)))];
  const body = sequence(
    integer(Buffer.from([0])),
    nameOf(wanted.subject),
    createPublicKey(key).export({ type: "spki", format: "der" }),
    explicit(0, ...attributes),
  );
  const signed = sequence(body, sequence(objectIdentifier(ECDSA_WITH_SHA256)), bitString(sign("sha256", body, key)));
  return toPem(signed, "CERTIFICATE REQUEST");
}
