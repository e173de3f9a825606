import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { ChainLink, ClientCertificate } from "../authn/authenticator.ts";

/** Attribute of a subject that carries a user's uid (k8s.io/apiserver authentication/request/x509). */
const UID_ATTRIBUTE = "1.3.6.1.4.1.57683.2";

const known = new WeakMap<TLSSocket, { readonly certificate: ClientCertificate | undefined }>();

/** The certificate that the client of the connection showed, trusted or not; undefined when it showed none. */
export function clientCertificateOf(socket: TLSSocket | undefined): ClientCertificate | undefined {
  if (socket === undefined) return undefined;
  const found = known.get(socket);
  if (found !== undefined) return found.certificate;
  const certificate = read(socket);
  known.set(socket, { certificate });
  return certificate;
}

function read(socket: TLSSocket): ClientCertificate | undefined {
  const peer = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null;
  if (peer?.raw === undefined) return undefined;
  const subject = (peer.subject ?? {}) as unknown as Record<string, string | string[] | undefined>;
  const uids = values(subject[UID_ATTRIBUTE]);
  const { issuers, isComplete } = issuersOf(peer as DetailedPeerCertificate);
  const problem = problemOf(socket, peer as DetailedPeerCertificate, issuers);
  const isUnseen = socket.authorized && !isComplete;
  return {
    // As Go: of several common names the last one counts.
    commonName: values(subject.CN).at(-1) ?? "",
    organizations: values(subject.O),
    ...(uids.length === 0 ? {} : { uids }),
    chain: [peer as DetailedPeerCertificate, ...issuers].map((each) => linkOf(each, socket.authorized)) as [ChainLink],
    ...(isUnseen && { hasUnseenChain: true }),
    ...(problem === undefined ? {} : { problem }),
  };
}

const CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2";
const ANY_PURPOSE = "2.5.29.37.0";
const WITHOUT_ROOT = "UNABLE_TO_GET_ISSUER_CERT";

/**
 * Why the certificate is not trusted. Go takes an intermediate authority in the bundle for a root, where Node's servers miss the
 * root above it: then it is looked at here what TLS has not.
 */
function problemOf(
  socket: TLSSocket,
  peer: DetailedPeerCertificate,
  [issuer]: readonly DetailedPeerCertificate[],
): string | undefined {
  if (socket.authorized) return undefined;
  // In Node's types an error; it is the error's code.
  const error: unknown = socket.authorizationError;
  const code = error instanceof Error ? error.message : String(error);
  if (code !== WITHOUT_ROOT || issuer === undefined || !new X509Certificate(issuer.raw).ca) return code;
  const purposes = new X509Certificate(peer.raw).keyUsage as readonly string[] | undefined;
  const isForClients =
    purposes === undefined || purposes.some((each) => [CLIENT_AUTHENTICATION, ANY_PURPOSE].includes(each));
  return isForClients ? undefined : "INVALID_PURPOSE";
}

/** An attribute is text when it is single and a list when there are several. */
function values(attribute: string | string[] | undefined): string[] {
  return attribute === undefined ? [] : [attribute].flat();
}

/** Longer chains OpenSSL does not verify either. */
const CHAIN_MAX = 100;

/**
 * The certificates above one, as far as they are in the bundle. TLS finds the next one by its name: whether that one signed the
 * one below is looked at here.
 */
function issuersOf(peer: DetailedPeerCertificate): { issuers: DetailedPeerCertificate[]; isComplete: boolean } {
  const issuers: DetailedPeerCertificate[] = [];
  for (let current = peer; issuers.length < CHAIN_MAX; ) {
    const issuer: DetailedPeerCertificate | undefined = current.issuerCertificate;
    if (issuer?.raw === undefined) return { issuers, isComplete: false };
    if (issuer.fingerprint256 === current.fingerprint256) return { issuers, isComplete: true };
    if (!signed(issuer, current)) return { issuers, isComplete: true };
    issuers.push(issuer);
    current = issuer;
  }
  return { issuers, isComplete: true };
}

function linkOf({ fingerprint256, valid_from, valid_to }: DetailedPeerCertificate, isVerified: boolean): ChainLink {
  const link = { fingerprint: fingerprint256, validUntilMs: Date.parse(valid_to) };
  return isVerified ? link : { ...link, validFromMs: Date.parse(valid_from) };
}

function signed(issuer: DetailedPeerCertificate, below: DetailedPeerCertificate): boolean {
  return new X509Certificate(below.raw).verify(new X509Certificate(issuer.raw).publicKey);
}
