import { type FieldError, invalid, invalidObject } from "../../api/field-error.ts";
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectAccessReviewSpec,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewStatus,
} from "../../api/generated/authorization.k8s.io/v1.ts";
import { aggregate } from "../../api/go-text.ts";
import type { ObjectMeta } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { badRequest } from "../../api/status.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { AuthorizationAttributes, Authorizer } from "./authorizer.ts";
import type { Authorization } from "./create-authorizer.ts";
import { selectorErrors, selectorProblems, selectorTexts } from "./review-selectors.ts";

const GROUP = "authorization.k8s.io";

/** Whether the user that the review names may do what it names. @throws StatusError Invalid */
export async function reviewSubjectAccess(
  review: SubjectAccessReview,
  authorizer: Authorizer,
): Promise<SubjectAccessReview> {
  check("SubjectAccessReview", [...questionErrors(review.spec), ...metadataErrors(review.metadata, "must be empty")]);
  return { ...review, status: await answer(subjectOf(review.spec), review.spec, authorizer) };
}

/** The same for questions about one namespace, which may be given away with a namespaced role. @throws StatusError */
export async function reviewLocalSubjectAccess(
  review: LocalSubjectAccessReview,
  namespace: string,
  authorizer: Authorizer,
): Promise<LocalSubjectAccessReview> {
  const { resourceAttributes, nonResourceAttributes } = review.spec;
  const { namespace: _, ...others } = review.metadata ?? {};
  const errors = [...questionErrors(review.spec), ...metadataErrors(others, "must be empty except for namespace")];
  const asked = resourceAttributes?.namespace ?? "";
  if (resourceAttributes !== undefined && asked !== namespace) {
    errors.push(invalid("spec.resourceAttributes.namespace", asked, "must match metadata.namespace"));
  }
  if (nonResourceAttributes !== undefined) {
    errors.push(invalid("spec.nonResourceAttributes", nonResourceAttributes, "disallowed on this kind of request"));
  }
  check("LocalSubjectAccessReview", errors);
  return { ...review, status: await answer(subjectOf(review.spec), review.spec, authorizer) };
}

/** Whether the caller may (`kubectl auth can-i`). @throws StatusError Invalid */
export async function reviewSelfSubjectAccess(
  review: SelfSubjectAccessReview,
  user: UserInfo,
  authorizer: Authorizer,
): Promise<SelfSubjectAccessReview> {
  check("SelfSubjectAccessReview", [
    ...questionErrors(review.spec, true),
    ...metadataErrors(review.metadata, "must be empty"),
  ]);
  return { ...review, status: await answer(user, review.spec, authorizer) };
}

/** All that the caller may do in a namespace, as far as rules tell (`kubectl auth can-i --list`). @throws StatusError */
export async function reviewSelfSubjectRules(
  review: SelfSubjectRulesReview,
  user: UserInfo,
  authorization: Pick<Authorization, "rulesFor">,
): Promise<SelfSubjectRulesReview> {
  const namespace = review.spec.namespace ?? "";
  if (namespace === "") throw badRequest("no namespace on request");
  const { rules, errors: problems } = authorization.rulesFor(user, namespace);
  const resourceRules = rules
    .filter(({ resources }) => (resources ?? []).length > 0)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups: apiGroups ?? [],
      resources: resources ?? [],
      ...(resourceNames?.length ? { resourceNames } : {}),
    }));
  const nonResourceRules = rules
    .filter(({ nonResourceURLs }) => (nonResourceURLs ?? []).length > 0)
    .map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs }));
  const evaluationError = problems.length === 0 ? {} : { evaluationError: aggregate(problems) };
  const incomplete = problems.length > 0;
  return { ...review, status: { resourceRules, nonResourceRules, incomplete, ...evaluationError } };
}

type Question = Pick<SelfSubjectAccessReviewSpec, "resourceAttributes" | "nonResourceAttributes">;

async function answer(user: UserInfo, question: Question, authorizer: Authorizer): Promise<SubjectAccessReviewStatus> {
  const attributes =
    question.resourceAttributes === undefined
      ? pathAttributes(user, question.nonResourceAttributes ?? {})
      : resourceAttributes(user, question.resourceAttributes);
  const { decision, reason } = await authorizer.authorize(attributes);
  const problems = selectorProblems(question.resourceAttributes);
  return {
    allowed: decision === "allow",
    ...(decision === "deny" ? { denied: true } : {}),
    ...(reason === "" ? {} : { reason }),
    ...(problems.length === 0 ? {} : { evaluationError: problems.join("; ") }),
  };
}

function resourceAttributes(user: UserInfo, asked: ResourceAttributes): AuthorizationAttributes {
  return {
    user,
    verb: asked.verb ?? "",
    resourceRequest: true,
    group: asked.group ?? "",
    version: asked.version ?? "",
    resource: asked.resource ?? "",
    subresource: asked.subresource ?? "",
    namespace: asked.namespace ?? "",
    name: asked.name ?? "",
    path: "",
    ...selectorTexts(asked),
  };
}

function pathAttributes(user: UserInfo, asked: NonResourceAttributes): AuthorizationAttributes {
  const none = { group: "", version: "", resource: "", subresource: "", namespace: "", name: "" };
  return { ...none, user, verb: asked.verb ?? "", resourceRequest: false, path: asked.path ?? "" };
}

function subjectOf({ user, uid, groups, extra }: SubjectAccessReview["spec"]): UserInfo {
  return {
    name: user ?? "",
    groups: groups ?? [],
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}

/** @param ofCaller the caller is who it is about */
function questionErrors(spec: SubjectAccessReview["spec"], ofCaller = false): FieldError[] {
  const { resourceAttributes, nonResourceAttributes, user, groups } = spec;
  const field = "spec.resourceAttributes";
  const errors: FieldError[] = [];
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const detail = "cannot be specified in combination with resourceAttributes";
    errors.push(invalid("spec.nonResourceAttributes", nonResourceAttributes, detail));
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    errors.push(invalid(field, null, detail));
  }
  if (!ofCaller && !user && !groups?.length) {
    errors.push(invalid("spec.user", user ?? "", "at least one of user or group must be specified"));
  }
  return resourceAttributes === undefined ? errors : [...errors, ...selectorErrors(resourceAttributes, field)];
}

/** Nothing keeps a review: what it says of itself would be lost. */
function metadataErrors(metadata: ObjectMeta | undefined, detail: string): FieldError[] {
  const { managedFields: _, ...said } = metadata ?? {};
  const isSaid = Object.values(said).some((value) => !isEmpty(value));
  return isSaid ? [invalid("metadata", said, detail)] : [];
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === "" || value === 0 || equalJson(value, {}) || equalJson(value, [])
  );
}

function check(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: GROUP, kind }, "", errors);
}
