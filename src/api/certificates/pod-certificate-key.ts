import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import { type FieldError, invalid, invalidWithoutValue, tooLong } from "../field-error.ts";
import type { PodCertificateRequestSpec } from "../generated/certificates.k8s.io/v1beta1.ts";
import { readRequestDocument } from "./request-document.ts";

const KEY_BYTES_MAX = 10 * 1024;
const CURVES = ["prime256v1", "secp384r1", "secp521r1"];
/** As Go names it, the only other one that it reads. */
const OTHER_CURVES: Readonly<Record<string, string>> = { secp224r1: "P-224" };
const RSA_BITS = [3072, 4096];
const STUB = "spec.stubPKCS10Request";
const KEY = "spec.pkixPublicKey";
const PROOF = "spec.proofOfPossession";

type Spec = Partial<PodCertificateRequestSpec>;

/** What is wrong with the key that a certificate is asked for, and with the proof that whoever asks has it. */
export function validateSubjectKey(spec: Spec): FieldError[] {
  const { stubPKCS10Request: stub = "", pkixPublicKey: key = "", proofOfPossession: proof = "" } = spec;
  for (const [field, text] of [
    [STUB, stub],
    [KEY, key],
    [PROOF, proof],
  ] as const) {
    if (Buffer.byteLength(text, "base64") > KEY_BYTES_MAX) return [tooLong(field, KEY_BYTES_MAX)];
  }
  if (stub !== "" && key === "" && proof === "") return validateStub(stub);
  if (stub === "" && key !== "" && proof !== "") return validateKeyAndProof(spec, key, proof);
  const choice = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set";
  return [invalidWithoutValue("spec", choice)];
}

function validateStub(stub: string): FieldError[] {
  try {
    return keyErrors(readRequestDocument(Buffer.from(stub, "base64")).publicKey, { field: STUB, text: stub });
  } catch {
    return [invalid(STUB, stub, "must be a valid PKCS#10 CSR")];
  }
}

function validateKeyAndProof({ podUID = "" }: Spec, text: string, proof: string): FieldError[] {
  const key = readPublicKey(text);
  if (key === undefined) return [invalid(KEY, text, "must be a valid PKIX-serialized public key")];
  const errors = keyErrors(key, { field: KEY, text });
  if (errors.length > 0 || isProven(key, podUID, proof)) return errors;
  return [invalidWithoutValue(PROOF, "could not verify proof-of-possession signature")];
}

function isProven(key: KeyObject, podUid: string, proof: string): boolean {
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  const padding =
    key.asymmetricKeyType === "rsa"
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
      : {};
  return verify(digest, Buffer.from(podUid), { key, ...padding }, Buffer.from(proof, "base64"));
}

function keyErrors(key: KeyObject, { field, text }: { field: string; text: string }): FieldError[] {
  const { namedCurve = "", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return [];
    case "ec":
      if (CURVES.includes(namedCurve)) return [];
      return [
        invalid(
          field,
          `curve ${OTHER_CURVES[namedCurve] ?? namedCurve}`,
          "elliptic public keys must use curve P256 or P384",
        ),
      ];
    case "rsa":
      if (RSA_BITS.includes(modulusLength)) return [];
      return [invalid(field, `${modulusLength}-bit modulus`, "RSA keys must have modulus size 3072 or 4096")];
    default:
      return [invalid(field, text, "unknown public key type; supported types are Ed25519, ECDSA, and RSA")];
  }
}

function readPublicKey(base64: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

/** The key that a certificate was asked for, as DER (SubjectPublicKeyInfo). */
export function subjectKeyOf({ stubPKCS10Request: stub = "", pkixPublicKey = "" }: Spec): Buffer | undefined {
  try {
    const key = stub === "" ? readPublicKey(pkixPublicKey) : readRequestDocument(Buffer.from(stub, "base64")).publicKey;
    return key?.export({ format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}
