import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { ClientCertificate } from "../authn/authenticator.ts";

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
  const error: unknown = socket.authorizationError;
  return {
    // As Go: of several common names the last one counts.
    commonName: values(subject.CN).at(-1) ?? "",
    organizations: values(subject.O),
    ...(uids.length === 0 ? {} : { uids }),
    fingerprint: peer.fingerprint256 ?? "",
    authority: rootOf(peer as DetailedPeerCertificate).fingerprint256,
    validUntilMs: Date.parse(peer.valid_to ?? ""),
    ...(socket.authorized ? {} : { problem: error instanceof Error ? error.message : String(error) }),
  };
}

/** An attribute is text when it is single and a list when there are several. */
function values(attribute: string | string[] | undefined): string[] {
  return attribute === undefined ? [] : [attribute].flat();
}

function rootOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  let current = certificate;
  while (current.issuerCertificate !== undefined && current.issuerCertificate !== current) {
    if (current.issuerCertificate.fingerprint256 === current.fingerprint256) break;
    current = current.issuerCertificate;
  }
  return current;
}
