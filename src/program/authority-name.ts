import { isIP } from "node:net";

/**
 * Who asks the API server for this name is shown the cluster's authority itself behind the server's certificate. While
 * authorities are exchanged all others are shown how the old one certifies the new one.
 */
export const AUTHORITY_SERVER_NAME = "authority.cluster.wherry";

/**
 * How the cluster's own clients ask a server that they know by a name: for that name it may show a certificate that was given,
 * of an authority that they do not know. Undefined where they know it by an address.
 */
export function ownServerName(server: URL): string | undefined {
  return isIP(server.hostname.replace(/^\[|\]$/g, "")) === 0 ? "kubernetes.default.svc" : undefined;
}
