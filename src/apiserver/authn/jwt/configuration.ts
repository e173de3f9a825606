import type { Shape } from "../../configuration/shape.ts";

/** AuthenticationConfiguration of apiserver.config.k8s.io, as far as a file can say it. */
export interface AuthenticationConfiguration {
  readonly jwt?: readonly JwtConfiguration[];
  readonly anonymous?: AnonymousConfiguration;
}

export interface AnonymousConfiguration {
  readonly enabled?: boolean;
  readonly conditions?: readonly { readonly path?: string }[];
}

/** One issuer of tokens, and what its claims mean. */
export interface JwtConfiguration {
  readonly issuer: IssuerConfiguration;
  readonly claimValidationRules?: readonly ClaimValidationRule[];
  readonly claimMappings: ClaimMappings;
  readonly userValidationRules?: readonly { readonly expression?: string; readonly message?: string }[];
}

export interface IssuerConfiguration {
  readonly url: string;
  readonly discoveryURL?: string;
  /** PEM. The system's authorities when absent. */
  readonly certificateAuthority?: string;
  readonly audiences: readonly string[];
  readonly audienceMatchPolicy?: string;
  readonly egressSelectorType?: string;
}

export interface ClaimValidationRule {
  readonly claim?: string;
  readonly requiredValue?: string;
  readonly expression?: string;
  readonly message?: string;
}

export interface ClaimMappings {
  readonly username?: PrefixedClaimOrExpression;
  readonly groups?: PrefixedClaimOrExpression;
  readonly uid?: { readonly claim?: string; readonly expression?: string };
  readonly extra?: readonly { readonly key?: string; readonly valueExpression?: string }[];
}

export interface PrefixedClaimOrExpression {
  readonly claim?: string;
  readonly prefix?: string;
  readonly expression?: string;
}

const claimOrExpression: Shape = { claim: "string", prefix: "string", expression: "string" };

export const authenticationShape: Readonly<Record<string, Shape>> = {
  anonymous: { enabled: "boolean", conditions: [{ path: "string" }] },
  jwt: [
    {
      issuer: {
        url: "string",
        discoveryURL: "string",
        certificateAuthority: "string",
        audiences: "strings",
        audienceMatchPolicy: "string",
        egressSelectorType: "string",
      },
      claimValidationRules: [{ claim: "string", requiredValue: "string", expression: "string", message: "string" }],
      claimMappings: {
        username: claimOrExpression,
        groups: claimOrExpression,
        uid: { claim: "string", expression: "string" },
        extra: [{ key: "string", valueExpression: "string" }],
      },
      userValidationRules: [{ expression: "string", message: "string" }],
    },
  ],
};
