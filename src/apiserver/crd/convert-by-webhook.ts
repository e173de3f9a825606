import type { WebhookConversion } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { type AnyObject, type ApiObject, apiVersionOf, parseApiVersion } from "../../api/meta.ts";
import { isJsonObject } from "../../api/patch/json-value.ts";
import { failure } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { serverErrorText } from "../outgoing/server-error-text.ts";
import { WebhookCallError, type WebhookClient, type WebhookEndpoint } from "../outgoing/webhook-client.ts";
import { checkConverted, withOriginalMetadata } from "./converted-object.ts";

const TIMEOUT_MS = 30_000;
const GROUP = "apiextensions.k8s.io";
/** Versions of ConversionReview that the server speaks. */
const REVIEW_VERSIONS = ["v1", "v1beta1"];

interface Wanted {
  readonly objects: readonly ApiObject[];
  readonly apiVersion: string;
  readonly webhook: WebhookConversion;
}

/**
 * Has objects, all of one version, converted by a definition's webhook: in one call, or one by one, as upstream does, when it
 * gives no good answer for all of them.
 * @throws StatusError with upstream's texts, when the webhook fails or its answer is not right
 */
export async function convertByWebhook(
  wanted: Wanted,
  means: { webhooks: WebhookClient; random: Random },
): Promise<readonly ApiObject[]> {
  const { objects } = wanted;
  try {
    return await convertAtOnce(wanted, means);
  } catch (error) {
    if (objects.length === 1 || (error as Error).cause instanceof WebhookCallError) throw error;
  }
  const converted: ApiObject[] = [];
  for (const object of objects) converted.push(...(await convertAtOnce({ ...wanted, objects: [object] }, means)));
  return converted;
}

async function convertAtOnce(
  { objects, apiVersion, webhook }: Wanted,
  { webhooks, random }: { webhooks: WebhookClient; random: Random },
): Promise<readonly ApiObject[]> {
  const reviewVersion = webhook.conversionReviewVersions.find((version) => REVIEW_VERSIONS.includes(version));
  if (reviewVersion === undefined) throw refused("no supported conversion review versions");
  const uid = random.uuid();
  const request = { uid, desiredAPIVersion: apiVersion, objects };
  const review = { kind: "ConversionReview", apiVersion: `${GROUP}/${reviewVersion}`, request };
  const subject = subjectOf(objects[0]!);
  let converted: readonly unknown[];
  try {
    const { code, body } = await webhooks.call(endpointOf(webhook), review, { timeoutMs: TIMEOUT_MS });
    if (code < 200 || code > 299) throw new Error(serverErrorText(code, body));
    converted = convertedObjects(body, { uid, reviewVersion });
  } catch (error) {
    throw refused(`conversion webhook for ${subject} failed: ${errorMessage(error)}`, error);
  }
  if (converted.length !== objects.length) {
    throw refused(`conversion webhook for ${subject} returned ${converted.length} objects, expected ${objects.length}`);
  }
  return converted.map((each, index) => accepted(each, objects[index]!, { subject, apiVersion }));
}

/** `stable.example.com/v1, Kind=CronTab`. */
function subjectOf({ apiVersion = "", kind = "" }: ApiObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

function endpointOf({ clientConfig }: WebhookConversion): WebhookEndpoint {
  const { url, service, caBundle } = clientConfig ?? {};
  return { url, service, authorities: caBundle === undefined ? undefined : Buffer.from(caBundle, "base64").toString() };
}

/** The objects of an answer. @throws Error when it is not the answer that was asked for */
function convertedObjects(body: unknown, asked: { uid: string; reviewVersion: string }): readonly unknown[] {
  const review = isJsonObject(body) ? body : {};
  const response = isJsonObject(review.response) ? review.response : undefined;
  // Reviews of v1beta1 were never checked for their version and uid, and must not be today.
  const isStrict = asked.reviewVersion === "v1";
  if (isStrict && (review.kind !== "ConversionReview" || review.apiVersion !== `${GROUP}/v1`)) {
    const { group, version } = parseApiVersion(String(review.apiVersion ?? ""));
    const got = `${apiVersionOf({ group, version })}, Kind=${review.kind ?? ""}`;
    throw new Error(`expected webhook response of ${GROUP}/v1, Kind=ConversionReview, got ${got}`);
  }
  if (response === undefined) throw new Error("no response provided");
  if (isStrict && response.uid !== asked.uid) {
    throw new Error(`expected response.uid=${JSON.stringify(asked.uid)}, got ${JSON.stringify(response.uid ?? "")}`);
  }
  const result = isJsonObject(response.result) ? response.result : {};
  if (result.status !== "Success") {
    if (typeof result.message === "string" && result.message !== "") throw new Error(result.message);
    throw new Error(`response.result.status was '${result.status ?? ""}', not 'Success'`);
  }
  return Array.isArray(response.convertedObjects) ? response.convertedObjects : [];
}

/** What is wrong is told as of an only object: who asked for several asks again for each. */
function accepted(
  value: unknown,
  original: ApiObject,
  { subject, apiVersion }: { subject: string; apiVersion: string },
): ApiObject {
  const wrong = (what: string, why: string) =>
    refused(`conversion webhook for ${subject} returned invalid ${what}: ${why}`);
  const converted = (isJsonObject(value) ? value : {}) as AnyObject;
  if (converted.apiVersion !== apiVersion) {
    throw wrong(
      "object at index 0",
      `invalid groupVersion (expected ${apiVersion}, received ${converted.apiVersion ?? ""})`,
    );
  }
  if (converted.kind !== original.kind) {
    throw wrong("object at index 0", `invalid kind (expected ${original.kind}, received ${converted.kind ?? ""})`);
  }
  const mismatch = checkConverted(original, converted);
  if (mismatch !== undefined) throw wrong("object", mismatch);
  const kept = withOriginalMetadata(original, converted);
  if (typeof kept === "string") throw wrong("metadata", kept);
  return kept;
}

/** Upstream gives such errors no reason, only a message. */
function refused(message: string, cause?: unknown): Error {
  const error = failure(500, "", message);
  error.cause = cause;
  return error;
}
