import { X509Certificate } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { type Authenticator, BadCredentialsError, type ClientCertificate, type UserInfo } from "./authenticator.ts";

/**
 * Which roots client certificates may come from. Asked at each request, so that a certificate of an authority that is no
 * longer one is worth nothing, also on a connection that was opened while it was.
 */
export type Authorities = () => ReadonlySet<string>;

const CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";

/** A client certificate's subject: CN is the user, each O a group. */
export function certificateAuthenticator(options: { authorities: Authorities; clock: Clock }): Authenticator {
  const users = new WeakMap<ClientCertificate, UserInfo>();
  return {
    name: "certificate",
    authenticate({ certificate }) {
      if (certificate === undefined) return undefined;
      checkCertificate(certificate, options.authorities(), options.clock.now());
      if (certificate.commonName === "") return undefined;
      let user = users.get(certificate);
      if (user === undefined) users.set(certificate, (user = userOf(certificate)));
      return user;
    },
  };
}

/** @throws BadCredentialsError when it says that it is two users */
function userOf({ commonName, organizations, fingerprint, uids = [] }: ClientCertificate): UserInfo {
  if (uids.length > 1) {
    throw new BadCredentialsError(`expected 1 value for the certificate's user UID, found ${uids.length}`);
  }
  return {
    name: commonName,
    ...(uids[0] === undefined ? {} : { uid: uids[0] }),
    groups: organizations,
    extra: { [CREDENTIAL_ID]: [`X509SHA256=${hex(fingerprint)}`] },
  };
}

/** @throws BadCredentialsError when the certificate is not one of these authorities', or its time is over */
export function checkCertificate(
  certificate: ClientCertificate,
  authorities: ReadonlySet<string>,
  nowMs: number,
): void {
  if (certificate.problem !== undefined) {
    throw new BadCredentialsError(`verifying the client certificate failed: ${certificate.problem}`);
  }
  if (nowMs >= certificate.validUntilMs) {
    throw new BadCredentialsError("verifying the client certificate failed: x509: certificate has expired");
  }
  if (!authorities.has(certificate.authority)) {
    throw new BadCredentialsError(
      "verifying the client certificate failed: x509: certificate signed by unknown authority",
    );
  }
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
