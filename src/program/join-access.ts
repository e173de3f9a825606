import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate } from "node:tls";
import type { CertificateSigningRequest } from "../api/generated/certificates.k8s.io/v1.ts";
import { certificateSigningRequests } from "../api/generated/resources.ts";
import { type Clock, sleep } from "../base/clock.ts";
import { certificateRequest } from "../bootstrap/pki/certificate-request.ts";
import type { CertificatePair } from "../bootstrap/pki/ensure-pki.ts";
import { toPem } from "../bootstrap/pki/issue-certificate.ts";
import { CommandError } from "../cli/command.ts";
import type { Client } from "../client/client.ts";
import { type AgentToken, isAuthorityOf } from "./agent-token.ts";
import { AUTHORITY_SERVER_NAME } from "./authority-name.ts";

const CONNECT_MS = 10_000;
const CERTIFICATE_MS = 30_000;
const POLL_MS = 100;

/** What a node asks for, for its way into the API server and for its own server. */
export const CLIENT_CERTIFICATE = {
  signerName: "kubernetes.io/kube-apiserver-client-kubelet",
  usages: ["digital signature", "client auth"],
};
export const SERVING_CERTIFICATE = {
  signerName: "kubernetes.io/kubelet-serving",
  usages: ["digital signature", "server auth"],
};

export interface MetServer {
  /** PEM of the cluster's authority, which the token vouches for. */
  readonly authority: string;
  /** This machine's address on the way to the server. */
  readonly localAddress: string;
}

/**
 * Meets a server that is not known yet: takes the authority that it shows only if the token names it. Nothing is sent.
 * @throws CommandError when nobody answers, or somebody else does
 */
export function meetServer(server: URL, token: AgentToken): Promise<MetServer> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      socket.destroy();
      reject(new CommandError(`cannot join ${server.origin}: ${why}`));
    };
    const socket = connect({
      host: server.hostname.replace(/^\[|\]$/g, ""),
      port: Number(server.port || 443),
      servername: AUTHORITY_SERVER_NAME,
      rejectUnauthorized: false,
      timeout: CONNECT_MS,
    });
    socket.on("timeout", () => fail(`no answer within ${CONNECT_MS / 1000} s`));
    socket.on("error", (error) => fail(error.message));
    socket.on("secureConnect", () => {
      const authority = lastOf(socket.getPeerCertificate(true));
      if (!isAuthorityOf(token, authority)) return fail("it is not the cluster that the token is for");
      const localAddress = (socket.localAddress ?? "").replace(/^::ffff:/, "");
      socket.destroy();
      resolve({ authority: toPem(authority, "CERTIFICATE"), localAddress });
    });
  });
}

/** The end of the chain that a server shows. */
function lastOf(certificate: DetailedPeerCertificate): Buffer {
  let current = certificate;
  while (current.issuerCertificate !== undefined && current.issuerCertificate !== current)
    current = current.issuerCertificate;
  return current.raw;
}

/**
 * Asks the cluster for a certificate and waits until it is signed.
 * @throws CommandError when it is denied, or nobody signs it in time
 */
export async function requestCertificate(
  client: Client,
  wanted: {
    readonly signerName: string;
    readonly usages: readonly string[];
    readonly nodeName: string;
    readonly names?: readonly string[];
    readonly addresses?: readonly string[];
  },
  clock: Clock,
): Promise<CertificatePair> {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = pair.privateKey.export({ type: "sec1", format: "pem" }) as string;
  const subject = { commonName: `system:node:${wanted.nodeName}`, organizations: ["system:nodes"] };
  const request = certificateRequest({ ...wanted, subject }, createPrivateKey(key));
  const created = await client.create<CertificateSigningRequest>(certificateSigningRequests, {
    metadata: { generateName: `node-csr-${wanted.nodeName}-` },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: wanted.signerName,
      usages: [...wanted.usages],
    },
  });
  const name = created.metadata?.name ?? "";
  const deadline = clock.monotonic() + CERTIFICATE_MS;
  while (clock.monotonic() < deadline) {
    const { status } = await client.get(certificateSigningRequests, { name });
    if (status?.certificate) return { certificate: Buffer.from(status.certificate, "base64").toString(), key };
    const refused = status?.conditions?.find(({ type }) => type === "Denied" || type === "Failed");
    if (refused !== undefined)
      throw new CommandError(`the cluster refused a certificate for this node: ${refused.message ?? refused.type}`);
    await sleep(clock, POLL_MS);
  }
  throw new CommandError(`nobody signed the certificate request ${name} within ${CERTIFICATE_MS / 1000} s`);
}

/** True while the certificate has at least a third of its life before it. */
export function isFresh(certificate: string, clock: Clock): boolean {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return clock.now() < to - (to - from) / 3;
}
