/** How the API server learns who somebody is, besides certificates and service account tokens. Files are named in full. */
export interface AuthenticationChoice {
  readonly anonymous?: boolean | undefined;
  readonly configurationFile?: string | undefined;
  readonly oidc?: OidcChoice | undefined;
  readonly tokenFile?: string | undefined;
  readonly webhook?: WebhookTokenChoice | undefined;
  readonly serviceAccounts: ServiceAccountChoice;
  readonly requestHeader: RequestHeaderChoice;
}

export interface OidcChoice {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly caFile?: string | undefined;
  readonly usernameClaim?: string | undefined;
  readonly usernamePrefix?: string | undefined;
  readonly groupsClaim?: string | undefined;
  readonly groupsPrefix?: string | undefined;
  readonly requiredClaims?: readonly string[] | undefined;
  readonly signingAlgorithms?: readonly string[] | undefined;
}

export interface WebhookTokenChoice {
  readonly configFile: string;
  readonly version?: "v1" | "v1beta1" | undefined;
  readonly cacheTtlMs?: number | undefined;
}

export interface ServiceAccountChoice {
  readonly issuers?: readonly string[] | undefined;
  readonly keyFiles?: readonly string[] | undefined;
  readonly apiAudiences?: readonly string[] | undefined;
  readonly keySetUri?: string | undefined;
  readonly maxExpirationSeconds?: number | undefined;
  readonly extendExpiration?: boolean | undefined;
}

export interface RequestHeaderChoice {
  readonly allowedNames?: readonly string[] | undefined;
  readonly usernameHeaders?: readonly string[] | undefined;
  readonly uidHeaders?: readonly string[] | undefined;
  readonly groupHeaders?: readonly string[] | undefined;
  readonly extraHeaderPrefixes?: readonly string[] | undefined;
}

/** Who decides what somebody may do. */
export interface AuthorizationChoice {
  readonly modes?: readonly string[] | undefined;
  readonly configurationFile?: string | undefined;
  readonly webhook?: AuthorizationWebhookChoice | undefined;
}

export interface AuthorizationWebhookChoice {
  readonly configFile: string;
  readonly version?: string | undefined;
  readonly authorizedTtlMs?: number | undefined;
  readonly unauthorizedTtlMs?: number | undefined;
}
