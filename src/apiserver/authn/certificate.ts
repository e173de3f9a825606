import { X509Certificate } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { type Authenticator, BadCredentialsError, type ClientCertificate, type UserInfo } from "./authenticator.ts";

/**
 * Which certificates, roots or not, client certificates may come from. Asked at each request, so that a certificate of an
 * authority that is no longer one is worth nothing, also on a connection that was opened while it was. The set is another one
 * when they change.
 */
export type Authorities = () => ReadonlySet<string>;

const CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";

/** A client certificate's subject: CN is the user, each O a group. */
export function certificateAuthenticator(options: {
  authorities: Authorities;
  clock: Clock;
  /** Whether a certificate that TLS trusts without telling by whom can only be from these authorities. */
  acceptsUnseenChains?: boolean | undefined;
  /** The subject's attribute for a user's uid means nothing. */
  ignoresUids?: boolean | undefined;
}): Authenticator {
  const users = new WeakMap<ClientCertificate, UserInfo>();
  const firstSeenUnder = new WeakMap<ClientCertificate, ReadonlySet<string>>();
  /** As long as the authorities stay those that TLS knew. */
  const isTrustedUnseen = (certificate: ClientCertificate, authorities: ReadonlySet<string>): boolean => {
    if (certificate.hasUnseenChain !== true || options.acceptsUnseenChains !== true) return false;
    const under = firstSeenUnder.get(certificate) ?? authorities;
    firstSeenUnder.set(certificate, under);
    return under === authorities;
  };
  return {
    name: "certificate",
    authenticate({ certificate }) {
      if (certificate === undefined) return undefined;
      const authorities = options.authorities();
      checkCertificate(certificate, authorities, {
        nowMs: options.clock.now(),
        isTrusted: isTrustedUnseen(certificate, authorities),
      });
      if (certificate.commonName === "") return undefined;
      let user = users.get(certificate);
      if (user === undefined)
        users.set(certificate, (user = userOf(options.ignoresUids ? withoutUids(certificate) : certificate)));
      return user;
    },
  };
}

function withoutUids({ uids: _unread, ...certificate }: ClientCertificate): ClientCertificate {
  return certificate;
}

/** @throws BadCredentialsError when it says that it is two users */
function userOf({ commonName, organizations, chain, uids = [] }: ClientCertificate): UserInfo {
  if (uids.length > 1) {
    throw new BadCredentialsError(`expected 1 value for the certificate's user UID, found ${uids.length}`);
  }
  return {
    name: commonName,
    ...(uids[0] === undefined ? {} : { uid: uids[0] }),
    groups: organizations,
    extra: { [CREDENTIAL_ID]: [`X509SHA256=${hex(chain[0].fingerprint)}`] },
  };
}

/** @throws BadCredentialsError when the certificate is not one of these authorities', or its time is over */
export function checkCertificate(
  certificate: ClientCertificate,
  authorities: ReadonlySet<string>,
  { nowMs, isTrusted = false }: { nowMs: number; isTrusted?: boolean },
): void {
  if (certificate.problem !== undefined) {
    throw new BadCredentialsError(`verifying the client certificate failed: ${certificate.problem}`);
  }
  const anchor = anchorOf(certificate, authorities);
  if (anchor < 0 && !isTrusted) {
    throw new BadCredentialsError(
      "verifying the client certificate failed: x509: certificate signed by unknown authority",
    );
  }
  for (const { validFromMs = 0, validUntilMs } of certificate.chain.slice(0, Math.max(anchor, 0) + 1)) {
    if (nowMs < validFromMs || nowMs >= validUntilMs) {
      throw new BadCredentialsError("verifying the client certificate failed: x509: certificate has expired");
    }
  }
}

/** Where in its chain a certificate comes from one of these authorities; as in Go, what stands above does not matter. */
export function anchorOf({ chain }: ClientCertificate, authorities: ReadonlySet<string>): number {
  return chain.findIndex(({ fingerprint }) => authorities.has(fingerprint));
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Fingerprints of all certificates in a PEM bundle, read again when the text is another one. */
export function bundleAuthorities(bundle: () => string): Authorities {
  let text: string | undefined;
  let fingerprints: ReadonlySet<string> = new Set();
  return () => {
    const current = bundle();
    if (current === text) return fingerprints;
    fingerprints = new Set((current.match(PEM) ?? []).map((pem) => new X509Certificate(pem).fingerprint256));
    text = current;
    return fingerprints;
  };
}

function hex(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
