import type { OidcFlags } from "./jwt/issuer-flags.ts";

/** What kube-apiserver's flags say about authentication, as plain data. Files are read when the server starts. */
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
  /** `--api-audiences`: the first issuer when absent. */
  readonly apiAudiences?: readonly string[] | undefined;
  /** `--service-account-jwks-uri`: the server's own key set when absent. */
  readonly keySetUri?: string | undefined;
  /** `--service-account-max-token-expiration`. */
  readonly maxExpirationSeconds?: number | undefined;
  /** `--service-account-extend-token-expiration`: on when absent. */
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
