import {
  compileVariables,
  policyVariables,
  withOwnVariables,
} from "../../api/admissionregistration/policy-variables.ts";
import { type Cel, CelCompileError, type CelType } from "../../api/cel/cel.ts";
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
} from "../../api/generated/admissionregistration.k8s.io/v1.ts";
import type { GroupVersionKind } from "../../api/schema.ts";

/** A kind that a policy is about, with the type of its objects. */
export interface CheckedKind {
  readonly kind: GroupVersionKind;
  readonly type: CelType;
}

const PREFIX = /^compilation failed: /;

/**
 * What would go wrong with a policy's validations, were its objects taken for what their schemas say. Policies are taken as
 * they are all the same: schemas may be newer or older than the objects.
 *
 * @param params type of the policy's parameters, when it has some and their schema is known
 */
export function typeCheck(
  policy: ValidatingAdmissionPolicy,
  of: { readonly cel: Cel; readonly kinds: readonly CheckedKind[]; readonly params: CelType | undefined },
): ExpressionWarning[] {
  const warnings: ExpressionWarning[] = [];
  const check = (fieldRef: string, expression: string | undefined): void => {
    if (!expression) return;
    const problems = of.kinds.flatMap((kind) => problem(policy, { ...of, kind, expression }));
    if (problems.length > 0) warnings.push({ fieldRef, warning: problems.join("\n") });
  };
  for (const [index, { expression, messageExpression }] of (policy.spec?.validations ?? []).entries()) {
    check(`spec.validations[${index}].expression`, expression);
    check(`spec.validations[${index}].messageExpression`, messageExpression);
  }
  return warnings;
}

function problem(
  policy: ValidatingAdmissionPolicy,
  of: { cel: Cel; kind: CheckedKind; params: CelType | undefined; expression: string },
): string[] {
  const { cel, kind, params, expression } = of;
  const hasParams = params !== undefined;
  const plain = policyVariables({ hasParams, hasAuthorizer: true }, kind.type);
  const types = hasParams ? { ...plain, params } : plain;
  const own = policy.spec?.variables ?? [];
  const compiled = compileVariables(cel, own, { types, mutations: false, failed: () => {} });
  try {
    cel.compile(expression, { variables: own.length === 0 ? types : withOwnVariables(types, compiled) });
    return [];
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return [`${kindText(kind.kind)}: ${error.message.replace(PREFIX, "")}\n`];
  }
}

/** As Go prints a GroupVersionKind. */
function kindText({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`;
}
