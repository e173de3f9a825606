import { webcrypto } from "node:crypto";

/**
 * A key and a certificate for 127.0.0.1 (or other names), for tests of TLS servers. PEM.
 *
 * @param names with `byAnother` it comes from an authority that nobody gets to see
 */
export async function selfSigned(
  names: { readonly dns?: readonly string[]; readonly addresses?: readonly string[]; byAnother?: boolean } = {
    addresses: ["127.0.0.1"],
  },
): Promise<{ key: string; cert: string }> {
  // The library's dependency injection insists on decorator metadata, of which it then uses none.
  Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined, defineMetadata: () => {} });
  const { SubjectAlternativeNameExtension, X509CertificateGenerator } = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const alternatives = [
    ...(names.dns ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(names.addresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const signer = names.byAnother ? await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) : keys;
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=test",
    issuer: names.byAnother ? "CN=another" : "CN=test",
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: algorithm,
    extensions: alternatives.length === 0 ? [] : [new SubjectAlternativeNameExtension(alternatives)],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return { key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`, cert: certificate.toString("pem") };
}
