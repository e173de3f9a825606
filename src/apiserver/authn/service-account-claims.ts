/** Claims of a bound service account token, as upstream writes and reads them (pkg/serviceaccount/claims.go). */
export interface ServiceAccountClaims {
  readonly aud: readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly iss: string;
  readonly jti: string;
  readonly sub: string;
  readonly "kubernetes.io": KubernetesClaims;
}

export interface KubernetesClaims {
  readonly namespace: string;
  readonly serviceaccount: ObjectClaim;
  readonly pod?: ObjectClaim;
  readonly secret?: ObjectClaim;
  readonly node?: ObjectClaim;
  readonly warnafter?: number;
}

export interface ObjectClaim {
  readonly name: string;
  readonly uid?: string;
}

/** The claims when all that must be there is; a text that says what is wrong otherwise. */
export function readServiceAccountClaims(claims: Readonly<Record<string, unknown>>): ServiceAccountClaims | string {
  const { aud, exp, nbf, iat, iss, jti, sub } = claims;
  const kubernetes = claims["kubernetes.io"] as Partial<KubernetesClaims> | undefined;
  if (typeof iss !== "string") return "token has no issuer";
  if (typeof exp !== "number") return "token has no expiry";
  if (typeof kubernetes?.namespace !== "string" || !isClaim(kubernetes.serviceaccount)) {
    return "token names no service account";
  }
  for (const bound of [kubernetes.pod, kubernetes.secret, kubernetes.node]) {
    if (bound !== undefined && !isClaim(bound)) return "token is bound to an object without a name";
  }
  const audiences =
    typeof aud === "string" ? [aud] : Array.isArray(aud) ? aud.filter((each) => typeof each === "string") : [];
  return {
    aud: audiences,
    exp,
    iat: typeof iat === "number" ? iat : 0,
    nbf: typeof nbf === "number" ? nbf : 0,
    iss,
    jti: typeof jti === "string" ? jti : "",
    sub: typeof sub === "string" ? sub : "",
    "kubernetes.io": kubernetes as KubernetesClaims,
  };
}

function isClaim(value: unknown): value is ObjectClaim {
  return typeof value === "object" && value !== null && typeof (value as ObjectClaim).name === "string";
}
