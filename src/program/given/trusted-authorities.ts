import { X509Certificate } from "node:crypto";
import { completeRequestHeader, type RequestHeader } from "../../api/request-header.ts";
import type { RequestHeaderSettings } from "../../api/server-settings.ts";
import type { Pki } from "../../bootstrap/pki/ensure-pki.ts";
import { commonNameOf } from "./choose-certificate.ts";
import type { Given } from "./given-files.ts";

/** PEM of the authorities that the server believes: the cluster's own, and those that were given. */
export interface TrustedAuthorities {
  /** Of client certificates. */
  readonly clients: string;
  /** Of proxies, which say whom a request is from. */
  readonly proxies: string;
}

export function trustedAuthorities({ trusted }: Pick<Pki, "trusted">, given: Given): TrustedAuthorities {
  return {
    clients: trusted.cluster + (given.clientAuthority ?? ""),
    proxies: trusted.frontProxy + (given.requestHeaderAuthority ?? ""),
  };
}

/** What extension API servers are told of it. */
export interface PublishedTrust {
  readonly authorities: { readonly cluster: string; readonly frontProxy: string };
  readonly requestHeader: RequestHeader;
}

/** They must believe the server itself, whichever names of other proxies there are. */
export function publishedTrust(pki: Pki, given: Given, settings?: RequestHeaderSettings): PublishedTrust {
  const { clients, proxies } = trustedAuthorities(pki, given);
  const requestHeader = completeRequestHeader(settings);
  const { allowedNames } = requestHeader;
  const own = given.proxyClient?.leaf ?? new X509Certificate(pki.frontProxyClient.certificate);
  const isOpen = allowedNames.length === 0;
  return {
    authorities: { cluster: clients, frontProxy: proxies },
    requestHeader: {
      ...requestHeader,
      allowedNames: isOpen ? [] : [...new Set([...allowedNames, commonNameOf(own)])],
    },
  };
}
