import type { SelfSubjectReview, TokenReview } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import { formatTime } from "../../base/clock.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { Authentication } from "../authn/create-authenticator.ts";
import { reviewSelf, reviewToken } from "../authn/reviews.ts";
import { objectAnswer } from "../exchange.ts";
import { type Environment, writeContext } from "../handlers/environment.ts";
import type { VirtualHandler } from "../handlers/handler.ts";
import { placeInNamespace } from "../handlers/place-in-namespace.ts";
import { typedBody } from "../handlers/typed-body.ts";
import { admissionAttributes } from "../registry/admit.ts";

/** Reads a review, lets `answer` fill in its status, and gives it back: nothing is stored. Admission sees what was asked. */
export function review<T extends ApiObject>(
  of: { group: string; version: string; kind: string },
  answer: (asked: T, user: UserInfo, context: { namespace: string; environment: Environment }) => Promise<T>,
): VirtualHandler {
  return async (resource, exchange, environment) => {
    const { namespace } = exchange.info;
    const context = writeContext(exchange, environment);
    const asked = { spec: {}, ...(await typedBody<T>(exchange, of)) };
    placeInNamespace(resource, asked, exchange);
    const attributes = admissionAttributes(resource, context, { operation: "CREATE", object: asked, namespace });
    await resource.admission.admit(attributes);
    const answered = await answer(asked, context.user, { namespace, environment });
    await resource.admission.validate(attributes);
    return objectAnswer({ ...answered, metadata: answered.metadata ?? {} }, { code: 201 });
  };
}

/** The reviews of authentication.k8s.io. */
export function authenticationReviews(
  authentication: Authentication,
  audiences: readonly string[],
): Record<string, VirtualHandler> {
  const group = "authentication.k8s.io";
  return {
    "authentication.k8s.io/v1/tokenreviews": review<TokenReview>(
      { group, version: "v1", kind: "TokenReview" },
      (asked) => reviewToken(asked, authentication.tokens, audiences),
    ),
    "authentication.k8s.io/v1/selfsubjectreviews": review<SelfSubjectReview>(
      { group, version: "v1", kind: "SelfSubjectReview" },
      (asked, user, { environment }) => reviewSelf(asked, user, formatTime(environment.clock.now())),
    ),
  };
}
