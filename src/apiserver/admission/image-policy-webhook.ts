import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import { serverErrorText } from "../outgoing/server-error-text.ts";
import type { WebhookAnswer, WebhookEndpoint } from "../outgoing/webhook-client.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isResource, refuse } from "./refuse.ts";

/** `imagePolicy` of the plugin's configuration, its kubeconfig read. */
export interface ImagePolicyConfiguration {
  readonly endpoint: WebhookEndpoint;
  readonly allowTtlSeconds: number;
  readonly denyTtlSeconds: number;
  readonly retryBackoffMs: number;
  /** Whether images pass that nobody could be asked about. */
  readonly defaultAllow: boolean;
}

interface ReviewStatus {
  readonly allowed: boolean;
  readonly reason?: string;
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

const ANNOTATIONS = /^[^/]*\.image-policy\.k8s\.io\//;
const TRIES = 5;
const TIMEOUT_MS = 30_000;
const REMEMBERED_REVIEWS = 1024;

/** Asks a webhook whether a pod's images may run. */
export function imagePolicyWebhook(
  dependencies: AdmissionDependencies,
  configuration: ImagePolicyConfiguration,
): AdmissionPlugin {
  const review = remembering(dependencies.clock, configuration, (spec, signal) =>
    ask(spec, { dependencies, configuration, signal }),
  );
  return {
    name: "ImagePolicyWebhook",
    handles: ({ operation, subresource, ...rest }) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      (subresource === "" || subresource === "ephemeralcontainers") &&
      isResource({ operation, subresource, ...rest }, "pods"),
    async validate(attributes) {
      let status: ReviewStatus;
      try {
        status = await review(specOf(attributes), attributes.signal);
      } catch (error) {
        if (!configuration.defaultAllow) throw refuse(attributes, errorMessage(error));
        attributes.annotate("imagepolicywebhook.image-policy.k8s.io/failed-open", "true");
        return;
      }
      for (const [key, value] of Object.entries(status.auditAnnotations ?? {})) {
        attributes.annotate(`imagepolicywebhook.image-policy.k8s.io/${key}`, value);
      }
      if (status.allowed) return;
      const denied = "image policy webhook backend denied one or more images";
      throw refuse(attributes, status.reason ? `${denied}: ${status.reason}` : denied);
    },
  };
}

/** The plugin, which is nothing without its configuration. @throws Error that says where that comes from */
export function imagePolicyPlugin(
  dependencies: AdmissionDependencies,
  configuration: ImagePolicyConfiguration | undefined,
): AdmissionPlugin {
  if (configuration !== undefined) return imagePolicyWebhook(dependencies, configuration);
  throw new Error("ImagePolicyWebhook needs its configuration: name it in --admission-control-config-file");
}

function specOf(attributes: AdmissionAttributes): object {
  const { metadata, spec } = draftOf<Pod>(attributes);
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec ?? {};
  const all =
    attributes.subresource === "ephemeralcontainers" ? ephemeralContainers : [...initContainers, ...containers];
  const annotations = Object.entries(metadata?.annotations ?? {}).filter(([key]) => ANNOTATIONS.test(key));
  return {
    containers: all.map(({ image }) => ({ image })),
    ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    namespace: attributes.namespace,
  };
}

type Review = (spec: object, signal: AbortSignal | undefined) => Promise<ReviewStatus>;

function remembering(clock: Clock, configuration: ImagePolicyConfiguration, ask: Review): Review {
  const known = new Map<string, { status: ReviewStatus; untilMs: number }>();
  return async (spec, signal) => {
    const key = JSON.stringify(spec);
    const remembered = known.get(key);
    if (remembered !== undefined && remembered.untilMs > clock.monotonic()) return remembered.status;
    const status = await ask(spec, signal);
    const seconds = status.allowed ? configuration.allowTtlSeconds : configuration.denyTtlSeconds;
    known.delete(key);
    known.set(key, { status, untilMs: clock.monotonic() + seconds * 1000 });
    for (const oldest of known.keys()) {
      if (known.size <= REMEMBERED_REVIEWS) break;
      known.delete(oldest);
    }
    return status;
  };
}

async function ask(
  spec: object,
  of: { dependencies: AdmissionDependencies; configuration: ImagePolicyConfiguration; signal: AbortSignal | undefined },
): Promise<ReviewStatus> {
  const { webhooks, clock } = of.dependencies;
  const { endpoint, retryBackoffMs } = of.configuration;
  const body = { kind: "ImageReview", apiVersion: "imagepolicy.k8s.io/v1alpha1", metadata: {}, spec, status: {} };
  for (let attempt = 1; ; attempt++) {
    let answer: WebhookAnswer;
    try {
      answer = await webhooks.call(endpoint, body, { timeoutMs: TIMEOUT_MS, signal: of.signal });
    } catch (error) {
      if (attempt >= TRIES || of.signal?.aborted) throw error;
      await sleep(clock, retryBackoffMs * 1.5 ** (attempt - 1), of.signal);
      continue;
    }
    if (answer.code >= 200 && answer.code <= 299) {
      const { status } = (answer.body ?? {}) as { status?: ReviewStatus };
      if (typeof status?.allowed !== "boolean") throw new Error("the image policy webhook answered no ImageReview");
      return status;
    }
    if (attempt >= TRIES || answer.code < 500) throw new Error(serverErrorText(answer.code, answer.body));
    await sleep(clock, retryBackoffMs * 1.5 ** (attempt - 1), of.signal);
  }
}
