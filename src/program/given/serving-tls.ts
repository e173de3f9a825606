import { X509Certificate } from "node:crypto";
import type { TlsChoice } from "../../apiserver/http/handshakes.ts";
import type { ServerTls, TlsProtocol } from "../../base/server-tls.ts";
import { serviceNames } from "../../bootstrap/pki/certificate-table.ts";
import type { CertificatePair, Pki } from "../../bootstrap/pki/ensure-pki.ts";
import { AUTHORITY_SERVER_NAME } from "../authority-name.ts";
import { chooseCertificate, type Named } from "./choose-certificate.ts";
import type { Given } from "./given-files.ts";
import { trustedAuthorities } from "./trusted-authorities.ts";

/** What the API server shows to whom, and whose certificates it takes. */
export function servingTls(
  pki: Pki,
  given: Given,
  how: { readonly clusterDomain: string; readonly protocol?: Partial<TlsProtocol> | undefined },
): TlsChoice {
  const { clients, proxies } = trustedAuthorities(pki, given);
  // Which of them a certificate is from decides what it is good for.
  const common = { clientCa: clients + proxies, protocol: how.protocol };
  const shown = ({ certificate: cert, key }: CertificatePair): ServerTls => ({ ...common, cert, key });
  const withItsAuthority = shown({ ...pki.apiServer, certificate: withAuthority(pki) });
  const own = pki.isCrossCertified ? shown(pki.apiServer) : withItsAuthority;
  const named = ({ leaf, names, ...pair }: Given["named"][number]): Shown => ({ leaf, names, tls: shown(pair) });
  const choice = chooseCertificate<Shown>({
    own: { leaf: new X509Certificate(pki.apiServer.certificate), names: [], tls: own },
    ownNames: serviceNames(how.clusterDomain),
    general: given.serving && named({ ...given.serving, names: [] }),
    named: given.named.map(named),
  });
  return {
    byName: (name) => (name === AUTHORITY_SERVER_NAME ? withItsAuthority : choice.byName(name).tls),
    byAddress: (address) => choice.byAddress(address).tls,
  };
}

interface Shown extends Named {
  readonly tls: ServerTls;
}

/** The leaf and the authority itself: a machine that joins knows it by the hash in its token. */
function withAuthority({ apiServer, authority }: Pki): string {
  const end = "-----END CERTIFICATE-----\n";
  return apiServer.certificate.slice(0, apiServer.certificate.indexOf(end) + end.length) + authority.certificate;
}
