import type { WebhookUsers } from "../../outgoing/webhook-users.ts";
import type { EventRateLimitConfiguration } from "../event-rate-limit.ts";
import type { ImagePolicyConfiguration } from "../image-policy-webhook.ts";
import type { PodNodeSelectorConfiguration } from "../pod-node-selector.ts";
import type { PodSecurityConfiguration } from "../pod-security/pod-security-configuration.ts";
import type { PodTolerationRestrictionConfiguration } from "../pod-toleration-restriction.ts";
import type { ResourceQuotaConfiguration } from "../quota/resource-quota.ts";

/** What the AdmissionConfiguration says of each plugin that can be configured; absent where it says nothing. */
export interface PluginConfigurations {
  readonly eventRateLimit?: EventRateLimitConfiguration;
  readonly imagePolicy?: ImagePolicyConfiguration;
  readonly podNodeSelector?: PodNodeSelectorConfiguration;
  readonly podSecurity?: PodSecurityConfiguration;
  readonly podTolerationRestriction?: PodTolerationRestrictionConfiguration;
  readonly resourceQuota?: ResourceQuotaConfiguration;
  readonly mutatingWebhooks?: WebhookUsers;
  readonly validatingWebhooks?: WebhookUsers;
}
