import { type Cel, CelCompileError, type CelType } from "../cel/cel.ts";
import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import type { DeviceSelector, ResourceClaimSpec } from "../generated/resource.k8s.io/v1.ts";
import { EXPRESSION_BYTES_MAX } from "./validate-requests.ts";

const COST_MAX = 1_000_000;
/** How long names and values of a device may be: validation of ResourceSlices sees to it. */
const DOMAIN_MAX = 63;
const PROPERTIES_MAX = 32;
const VALUE_MAX = 64;

const byName = (value: CelType): CelType => ({ kind: "map", value, maximumLength: PROPERTIES_MAX });

/** What an expression sees of a device: properties by domain and name. */
const device: CelType = {
  kind: "object",
  name: "kubernetes.DRADevice",
  plainNames: true,
  fields: {
    driver: { kind: "string", maximumLength: DOMAIN_MAX },
    attributes: byName(byName({ kind: "dynamic", maximumLength: VALUE_MAX })),
    capacity: byName(byName({ kind: "quantity" })),
    allowMultipleAllocations: { kind: "boolean" },
  },
};

/** What is wrong with the programs of selectors: they must compile, say yes or no, and not be too dear. */
export function selectorErrors(
  cel: Cel,
  selectors: readonly DeviceSelector[] | undefined,
  field: string,
): FieldError[] {
  return (selectors ?? []).flatMap((selector, index) => {
    const expression = selector.cel?.expression;
    if (expression === undefined || Buffer.byteLength(expression) > EXPRESSION_BYTES_MAX) return [];
    return expressionErrors(cel, expression, `${field}[${index}].cel.expression`);
  });
}

function expressionErrors(cel: Cel, expression: string, field: string): FieldError[] {
  try {
    const program = cel.compile(expression, { variables: { device } });
    if (program.resultType !== "bool" && program.resultType !== "dyn") {
      const message = `must evaluate to bool or the unknown type, not ${program.resultType}`;
      return [invalid(field, expression, message)];
    }
    return program.estimatedCost > COST_MAX ? [forbiddenField(field, "too complex, exceeds cost limit")] : [];
  } catch (error) {
    if (error instanceof CelCompileError) return [invalid(field, expression, error.message)];
    throw error;
  }
}

/** The same for all selectors of a claim. */
export function claimSelectorErrors(cel: Cel, spec: ResourceClaimSpec | undefined, field: string): FieldError[] {
  return (spec?.devices?.requests ?? []).flatMap(({ exactly, firstAvailable }, index) => {
    const at = `${field}.devices.requests[${index}]`;
    return [
      ...selectorErrors(cel, exactly?.selectors, `${at}.exactly.selectors`),
      ...(firstAvailable ?? []).flatMap(({ selectors }, sub) =>
        selectorErrors(cel, selectors, `${at}.firstAvailable[${sub}].selectors`),
      ),
    ];
  });
}
