import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

type Data = Readonly<Record<string, string>>;

/** What Go's tls.X509KeyPair says of a certificate and its key: for `Warning` headers of a secret that serves TLS. */
export function keyPairWarnings(data: Data): string[] {
  const [certificates, keys] = ["tls.crt", "tls.key"].map((key) => Buffer.from(data[key] ?? "", "base64").toString());
  const problem = certificateProblem(certificates!) ?? keyProblem(certificates!, keys!);
  return problem === undefined ? [] : [`tls: ${problem}`];
}

const blocksOf = (pem: string): string[] => [...pem.matchAll(/-----BEGIN ([^-]+)-----/g)].map((match) => match[1]!);
const isKey = (block: string): boolean => block === "PRIVATE KEY" || block.endsWith(" PRIVATE KEY");

function certificateProblem(pem: string): string | undefined {
  const blocks = blocksOf(pem);
  if (blocks.includes("CERTIFICATE")) return undefined;
  if (blocks.length === 0) return "failed to find any PEM data in certificate input";
  if (blocks.length === 1 && isKey(blocks[0]!)) {
    return "failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched";
  }
  return `failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${blocks.join(" ")}]`;
}

function keyProblem(certificates: string, pem: string): string | undefined {
  const blocks = blocksOf(pem);
  if (!blocks.some(isKey)) {
    if (blocks.length === 0) return "failed to find any PEM data in key input";
    if (blocks.length === 1 && blocks[0] === "CERTIFICATE") {
      return "found a certificate rather than a key in the PEM for the private key";
    }
    return `failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${blocks.join(" ")}]`;
  }
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(certificates);
  } catch {
    return "failed to parse certificate";
  }
  try {
    key = createPrivateKey(pem);
  } catch {
    return "failed to parse private key";
  }
  const [wanted, given] = [certificate.publicKey, createPublicKey(key)];
  if (wanted.asymmetricKeyType !== given.asymmetricKeyType) return "private key type does not match public key type";
  return wanted.equals(given) ? undefined : "private key does not match public key";
}
