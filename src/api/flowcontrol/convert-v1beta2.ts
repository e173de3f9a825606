import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
} from "../generated/flowcontrol.apiserver.k8s.io/v1.ts";

type LimitedV1beta2 = LimitedPriorityLevelConfiguration & { readonly assuredConcurrencyShares?: number };

/** A priority level of v1beta1, v1beta2 (whose shares have another name) or v1beta3 in v1. Does not change what it is given. */
export function levelFromV1beta2(level: PriorityLevelConfiguration): PriorityLevelConfiguration {
  const present: PriorityLevelConfiguration = { ...level, apiVersion: "flowcontrol.apiserver.k8s.io/v1" };
  const limited = level.spec?.limited as LimitedV1beta2 | undefined;
  if (level.spec === undefined || limited === undefined) return present;
  const { assuredConcurrencyShares: shares, ...rest } = limited;
  const named = shares === undefined ? rest : { nominalConcurrencyShares: shares, ...rest };
  return { ...present, spec: { ...level.spec, limited: named } };
}
