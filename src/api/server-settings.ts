// What kube-apiserver's flags say, as plain data: the command line reads them, the API server does as they say.

import type { TlsProtocol } from "../base/server-tls.ts";

/** Where a certificate and its key are; PEM. Read again when they change. */
export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** `--tls-…`: what connections are shown besides the cluster's own certificate, and how they are spoken on. */
export interface ServingSettings {
  /** `--tls-cert-file`, `--tls-private-key-file`. */
  readonly certificate?: CertificateFiles | undefined;
  /** `--tls-sni-cert-key`. */
  readonly named: readonly NamedCertificateFiles[];
  readonly protocol?: Partial<TlsProtocol> | undefined;
}

export interface NamedCertificateFiles extends CertificateFiles {
  /** Names, wildcards and addresses that it is shown for; those in the certificate when there are none. */
  readonly names: readonly string[];
}

/** Whom the server believes besides the cluster's own authorities, and what it shows instead of the cluster's certificates. */
export interface TrustSettings {
  /** `--client-ca-file`. */
  readonly clientAuthorityFile?: string | undefined;
  /** `--requestheader-client-ca-file`. */
  readonly requestHeaderAuthorityFile?: string | undefined;
  /** `--kubelet-certificate-authority`. */
  readonly kubeletAuthorityFile?: string | undefined;
  /** `--kubelet-client-certificate`, `--kubelet-client-key`. */
  readonly kubeletClient?: CertificateFiles | undefined;
  /** `--proxy-client-cert-file`, `--proxy-client-key-file`. */
  readonly proxyClient?: CertificateFiles | undefined;
}

/** Who comes in. Files are read when the server starts. */
export interface AuthenticationSettings {
  /** `--anonymous-auth`: absent means on the paths of public information alone. */
  readonly anonymous?: boolean | undefined;
  /** `--authentication-config`: several issuers, read again when it changes. */
  readonly configurationFile?: string | undefined;
  /** `--oidc-…`: one issuer. */
  readonly oidc?: OidcFlags | undefined;
  /** `--token-auth-file`. */
  readonly tokenFile?: string | undefined;
  readonly webhook?: WebhookTokenSettings | undefined;
  readonly serviceAccounts?: ServiceAccountSettings | undefined;
  readonly requestHeader?: RequestHeaderSettings | undefined;
}

/** The `--oidc-…` flags of kube-apiserver: one issuer, without expressions. */
export interface OidcFlags {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly caFile?: string | undefined;
  /** `sub` when absent. */
  readonly usernameClaim?: string | undefined;
  /** `-` for none. When absent, claims other than email get the issuer's URL in front. */
  readonly usernamePrefix?: string | undefined;
  readonly groupsClaim?: string | undefined;
  readonly groupsPrefix?: string | undefined;
  /** `key=value` each. */
  readonly requiredClaims?: readonly string[] | undefined;
  /** RS256 when absent. */
  readonly signingAlgorithms?: readonly string[] | undefined;
}

export interface WebhookTokenSettings {
  /** `--authentication-token-webhook-config-file`: in kubeconfig format. */
  readonly configFile: string;
  /** v1 when absent. */
  readonly version?: "v1" | "v1beta1" | undefined;
  /** Two minutes when absent. */
  readonly cacheTtlMs?: number | undefined;
}

export interface ServiceAccountSettings {
  /** `--service-account-issuer`: the first issues, all are accepted. */
  readonly issuers?: readonly string[] | undefined;
  /** `--service-account-key-file`: PEM of further keys that verify. */
  readonly keyFiles?: readonly string[] | undefined;
  /** `--service-account-signing-key-file`: PEM of the key that signs; the cluster's own when absent. */
  readonly signingKeyFile?: string | undefined;
  /** `--api-audiences`: the first issuer when absent. */
  readonly apiAudiences?: readonly string[] | undefined;
  /** `--service-account-jwks-uri`: the server's own key set when absent. */
  readonly keySetUri?: string | undefined;
  /** `--service-account-max-token-expiration`. */
  readonly maxExpirationSeconds?: number | undefined;
  /** `--service-account-extend-token-expiration`: off when absent, as the CIS benchmark asks (1.2.30). */
  readonly extendExpiration?: boolean | undefined;
}

/** `--requestheader-…`, by the names that kubeadm gives when absent. */
export interface RequestHeaderSettings {
  readonly allowedNames?: readonly string[] | undefined;
  readonly usernameHeaders?: readonly string[] | undefined;
  readonly uidHeaders?: readonly string[] | undefined;
  readonly groupHeaders?: readonly string[] | undefined;
  readonly extraHeaderPrefixes?: readonly string[] | undefined;
}

/** Who decides what somebody may do. */
export interface AuthorizationSettings {
  /** `--authorization-mode`: Node and RBAC when absent. */
  readonly modes?: readonly string[] | undefined;
  /** `--authorization-config`: the chain with its webhooks, read again when it changes. */
  readonly configurationFile?: string | undefined;
  readonly webhook?: AuthorizationWebhookSettings | undefined;
}

/** `--authorization-webhook-…`. */
export interface AuthorizationWebhookSettings {
  readonly configFile: string;
  /** v1 when absent. */
  readonly version?: string | undefined;
  /** Five minutes when absent. */
  readonly authorizedTtlMs?: number | undefined;
  /** Half a minute when absent. */
  readonly unauthorizedTtlMs?: number | undefined;
}

/** `--audit-log-…`. */
export interface AuditLogSettings {
  /** `-` is standard output. */
  readonly path: string;
  readonly format: "json" | "legacy";
  readonly maxAgeDays: number;
  readonly maxBackups: number;
  readonly maxSizeMegabytes: number;
  /** batch when absent. */
  readonly mode?: AuditMode | undefined;
  /** Events of any size are written when absent. */
  readonly truncate?: AuditTruncation | undefined;
}

/**
 * `--audit-…-mode`: requests do not wait for their events (batch), wait for them, or fail as well when an event of a request
 * that has just come cannot be stored.
 */
export type AuditMode = "batch" | "blocking" | "blocking-strict";

/** `--audit-…-truncate-…`, in bytes. */
export interface AuditTruncation {
  readonly maxEventBytes: number;
  readonly maxBatchBytes: number;
}

/** `--audit-webhook-…`. */
export interface AuditWebhookSettings extends AuditBatchSettings {
  /** In kubeconfig format. */
  readonly configFile: string;
  /** batch when absent. */
  readonly mode?: AuditMode | undefined;
  readonly truncate?: AuditTruncation | undefined;
}

export interface AuditBatchSettings {
  /** Events that may wait. */
  readonly bufferSize: number;
  readonly maxSize: number;
  readonly maxWaitMs: number;
  /** Calls a second, and how many at once after a rest. 0 calls a second: as many as there are. */
  readonly throttlePerSecond: number;
  readonly throttleBurst: number;
  readonly initialBackoffMs: number;
}

/** `--enable-priority-and-fairness`, `--max-requests-inflight`, `--max-mutating-requests-inflight`. */
export interface FlowControlSettings {
  readonly isFair: boolean;
  readonly maxRequestsInFlight: number;
  readonly maxMutatingRequestsInFlight: number;
}

/** `--encryption-provider-config…`. */
export interface EncryptionSettings {
  /** EncryptionConfiguration of somebody's own; the cluster's own key encrypts Secrets when absent. */
  readonly providerConfig?: string | undefined;
  /** Whether a change of that file counts at once. The cluster's own is always followed. */
  readonly automaticReload?: boolean | undefined;
}
