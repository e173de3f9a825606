import type { AuthorizationSettings } from "../../api/server-settings.ts";
import type { Shape } from "../configuration/shape.ts";

/** AuthorizationConfiguration of apiserver.config.k8s.io, as far as a file can say it. */
export interface AuthorizationConfiguration {
  readonly authorizers?: readonly AuthorizerConfiguration[];
}

export interface AuthorizerConfiguration {
  readonly type?: string;
  readonly name?: string;
  readonly webhook?: WebhookConfiguration;
}

export interface WebhookConfiguration {
  readonly authorizedTTL?: string;
  readonly cacheAuthorizedRequests?: boolean;
  readonly unauthorizedTTL?: string;
  readonly cacheUnauthorizedRequests?: boolean;
  readonly timeout?: string;
  readonly subjectAccessReviewVersion?: string;
  readonly matchConditionSubjectAccessReviewVersion?: string;
  readonly failurePolicy?: string;
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string };
  readonly matchConditions?: readonly { readonly expression?: string }[];
}

export const authorizationShape: Readonly<Record<string, Shape>> = {
  authorizers: [
    {
      type: "string",
      name: "string",
      webhook: {
        authorizedTTL: "string",
        cacheAuthorizedRequests: "boolean",
        unauthorizedTTL: "string",
        cacheUnauthorizedRequests: "boolean",
        timeout: "string",
        subjectAccessReviewVersion: "string",
        matchConditionSubjectAccessReviewVersion: "string",
        failurePolicy: "string",
        connectionInfo: { type: "string", kubeConfigFile: "string" },
        matchConditions: [{ expression: "string" }],
      },
    },
  ],
};

/** Defaults of a webhook in a file. */
export const webhookDefaults = { authorizedTTL: "5m", unauthorizedTTL: "30s" } as const;

const FLAG_TIMEOUT = "30s";

/** The chain that flags ask for, as a file would say it. */
export function configurationOfFlags({
  modes = ["Node", "RBAC"],
  webhook,
}: AuthorizationSettings): AuthorizationConfiguration {
  return {
    authorizers: modes.map((type) => {
      if (type !== "Webhook") return { type, name: type.toLowerCase() };
      const milliseconds = (value: number | undefined, otherwise: string) =>
        value === undefined ? otherwise : `${value}ms`;
      return {
        type,
        name: "default",
        webhook: {
          authorizedTTL: milliseconds(webhook?.authorizedTtlMs, webhookDefaults.authorizedTTL),
          unauthorizedTTL: milliseconds(webhook?.unauthorizedTtlMs, webhookDefaults.unauthorizedTTL),
          timeout: FLAG_TIMEOUT,
          subjectAccessReviewVersion: webhook?.version ?? "v1",
          failurePolicy: "NoOpinion",
          connectionInfo: { type: "KubeConfigFile", kubeConfigFile: webhook?.configFile ?? "" },
        },
      };
    }),
  };
}
