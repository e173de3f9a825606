import { named, notBlank, oneOf, oneOfWhenSet, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type {
  AuditAnnotation,
  MatchResources,
  Mutation,
  ParamKind,
  Validation,
  Variable,
} from "../generated/admissionregistration.k8s.io/v1.ts";
import { parseApiVersion } from "../meta.ts";
import { dns1035LabelErrors, dnsSubdomainErrors, qualifiedNameErrors } from "../names.ts";
import { validateMatch } from "./match-resources.ts";

const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const MOST_ANNOTATIONS = 20;
const LONGEST_ANNOTATION_EXPRESSION = 5 * 1024;
const MIXED_CASE = "may have mixed case, but should otherwise match: ";
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** What is wrong with the kind of a policy's parameters. */
export function validateParamKind(param: ParamKind | undefined, field: string): FieldError[] {
  if (param === undefined) return [];
  return [...validateVersion(param.apiVersion, `${field}.apiVersion`), ...validateKind(param.kind, `${field}.kind`)];
}

function validateVersion(apiVersion: string | undefined, field: string): FieldError[] {
  if (!apiVersion) return [required(field)];
  if (apiVersion.split("/").length > 2)
    return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const { group, version } = parseApiVersion(apiVersion);
  const errors = group === "" ? [] : joined(dnsSubdomainErrors(group), (message) => invalid(field, group, message));
  if (version === "") return [...errors, invalid(field, apiVersion, "version must be specified")];
  return [...errors, ...joined(dns1035LabelErrors(version), (message) => invalid(field, version, message))];
}

function validateKind(kind: string | undefined, field: string): FieldError[] {
  if (!kind) return [required(field)];
  return joined(dns1035LabelErrors(kind.toLowerCase()), (message) => invalid(field, kind, MIXED_CASE + message));
}

function joined(messages: readonly string[], tell: (message: string) => FieldError): FieldError[] {
  return messages.length === 0 ? [] : [tell(messages.join(","))];
}

/** What is wrong with what a policy is about: it must say at least one resource. */
export function validateConstraints(match: MatchResources | undefined, field: string): FieldError[] {
  if (match === undefined) return [required(field)];
  const errors = validateMatch(match, field);
  if ((match.resourceRules ?? []).length === 0) errors.push(required(`${field}.resourceRules`));
  return errors;
}

/** What is wrong with a policy's variables, but for their expressions, which whoever compiles them tells. */
export function validateVariables(variables: readonly Variable[] | undefined, field: string): FieldError[] {
  return (variables ?? []).flatMap(({ name, expression }, index) => {
    const path = `${field}[${index}]`;
    const errors = notBlank(name, `${path}.name`, "name is not specified");
    if (errors.length === 0 && !isIdentifier(name))
      errors.push(invalid(`${path}.name`, name, "must be a valid CEL identifier"));
    return [...errors, ...notBlank(expression, `${path}.expression`, "expression is not specified")];
  });
}

function isIdentifier(name: string): boolean {
  return /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.has(name);
}

export function validateValidation(validation: Validation, field: string): FieldError[] {
  const { expression, message, messageExpression, reason } = validation;
  const errors = notBlank(expression, `${field}.expression`, "expression is not specified");
  if (messageExpression && messageExpression.trim() === "") {
    errors.push(invalid(`${field}.messageExpression`, messageExpression, "must be non-empty if specified"));
  }
  if (message && message.trim() === "") {
    errors.push(invalid(`${field}.message`, message, "must be non-empty if specified"));
  } else if (message && /[\n\r]/.test(message.trim())) {
    errors.push(invalid(`${field}.message`, message, "must not contain line breaks"));
  }
  return [...errors, ...oneOfWhenSet(reason, REASONS, `${field}.reason`)];
}

/** @param policyName the keys of the audit event begin with it */
export function validateAnnotations(
  annotations: readonly AuditAnnotation[] | undefined,
  of: { readonly policyName: string; readonly field: string },
): FieldError[] {
  const { policyName, field } = of;
  const list = annotations ?? [];
  const unique = uniqueness();
  const errors = list.flatMap((annotation, index) => [
    ...validateAnnotation(annotation, { policyName, path: `${field}[${index}]` }),
    ...unique(annotation.key, `${field}[${index}].key`),
  ]);
  if (list.length <= MOST_ANNOTATIONS) return errors;
  return [invalid(field, list, `must not have more than ${MOST_ANNOTATIONS} auditAnnotations`), ...errors];
}

function validateAnnotation(
  { key, valueExpression }: AuditAnnotation,
  of: { policyName: string; path: string },
): FieldError[] {
  const { policyName, path } = of;
  const errors =
    policyName === ""
      ? [invalid(`${path}.key`, key, "requires metadata.name be non-empty")]
      : named(`${policyName}/${key}`, qualifiedNameErrors, `${path}.key`);
  const expression = valueExpression?.trim() ?? "";
  if (expression === "") errors.push(required(`${path}.valueExpression`, "valueExpression is not specified"));
  else if (Buffer.byteLength(expression) > LONGEST_ANNOTATION_EXPRESSION) {
    errors.push(
      required(`${path}.valueExpression`, `must not exceed ${LONGEST_ANNOTATION_EXPRESSION} bytes in length`),
    );
  }
  return errors;
}

/** A mutation has just what its patch type asks for. */
export function validateMutation(mutation: Mutation, field: string): FieldError[] {
  const { patchType } = mutation;
  if (!patchType) return [required(`${field}.patchType`)];
  const errors = oneOf(patchType, ["ApplyConfiguration", "JSONPatch"], `${field}.patchType`);
  if (errors.length > 0) return errors;
  const [wanted, other] =
    patchType === "JSONPatch"
      ? (["jsonPatch", "applyConfiguration"] as const)
      : (["applyConfiguration", "jsonPatch"] as const);
  const given = mutation[wanted];
  if (given === undefined)
    errors.push(required(`${field}.${wanted}`, `must be specified when patchType is ${patchType}`));
  else errors.push(...notBlank(given.expression, `${field}.${wanted}.expression`));
  if (mutation[other] !== undefined) {
    errors.push(invalid(`${field}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`));
  }
  return errors;
}
