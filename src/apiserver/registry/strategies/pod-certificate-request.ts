import { timeInvalid, validateIssue } from "../../../api/certificates/pod-certificate-status.ts";
import { type FieldError, forbiddenField, invalidObject } from "../../../api/field-error.ts";
import type { PodCertificateRequest } from "../../../api/generated/certificates.k8s.io/v1beta1.ts";
import { formatTime } from "../../../base/clock.ts";
import { maySign, type SignerAuthorizer } from "../../authz/signers.ts";
import { defineStrategy, type Strategy, type WriteContext } from "../strategy.ts";

const CLOCKS_APART_MS = 5 * 60_000;
const GROUP = "certificates.k8s.io";

/** Signers answer in time, and only for what they sign. */
export function podCertificateRequestStrategy(authorizer: () => SignerAuthorizer): Strategy {
  return defineStrategy<PodCertificateRequest>({
    async beforeUpdate(draft, old, context) {
      keepOutcomes(draft, old, formatTime(context.clock.now()));
      // What is wrong in itself is told first, by validation.
      const isNew = (draft.status?.certificateChain ?? "") !== (old.status?.certificateChain ?? "");
      if (!isNew || validateIssue(draft, old).length > 0) return undefined;
      const error = ageError(draft, context) ?? (await rightError(old, context, authorizer()));
      if (error === undefined) return undefined;
      const kind = { group: GROUP, kind: "PodCertificateRequest" };
      throw invalidObject(kind, draft.metadata?.name ?? "", [error]);
    },
  });
}

/** A decision stays as it was taken; a new one says since when it is there. */
function keepOutcomes(draft: PodCertificateRequest, old: PodCertificateRequest, now: string): void {
  const known = old.status?.conditions ?? [];
  for (const [index, condition] of (draft.status?.conditions ?? []).entries()) {
    const before = known.find(({ type }) => type === condition.type);
    if (before !== undefined) draft.status!.conditions![index] = structuredClone(before);
    else condition.lastTransitionTime ??= now;
  }
}

function ageError({ status }: PodCertificateRequest, { clock }: WriteContext): FieldError | undefined {
  const notBefore = status?.notBefore ?? "";
  if (Math.abs(Date.parse(notBefore) - clock.now()) < CLOCKS_APART_MS) return undefined;
  const message = "must be set to within 5 minutes of kube-apiserver's current time";
  return timeInvalid("status.notBefore", notBefore, message);
}

async function rightError(
  { spec }: PodCertificateRequest,
  { user }: WriteContext,
  authorizer: SignerAuthorizer,
): Promise<FieldError | undefined> {
  const signerName = spec?.signerName ?? "";
  if (await maySign(user, { verb: "sign", signerName }, authorizer)) return undefined;
  const message = `User ${JSON.stringify(user.name)} is not permitted to "sign" for signer ${JSON.stringify(signerName)}`;
  return forbiddenField("spec.signerName", message);
}
