import type { DeviceTaint, ResourceSlice } from "../../../api/generated/resource.k8s.io/v1.ts";
import type { ResourceSlice as BetaResourceSlice } from "../../../api/generated/resource.k8s.io/v1beta1.ts";
import type { DeviceTaintRule } from "../../../api/generated/resource.k8s.io/v1beta2.ts";
import { formatTime } from "../../../base/clock.ts";
import { defineStrategy, type WriteContext } from "../strategy.ts";

/** A taint says since when it is there; who changes a rule's effect starts it anew. */
export const deviceTaintRuleStrategy = defineStrategy<DeviceTaintRule>({
  async beforeCreate({ spec }, { clock }) {
    if (spec?.taint !== undefined) spec.taint.timeAdded ??= formatTime(clock.now());
    return undefined;
  },
  async beforeUpdate({ spec }, old, { clock }) {
    const [taint, before] = [spec?.taint, old.spec?.taint];
    if (taint === undefined) return undefined;
    const isSame = taint.timeAdded === before?.timeAdded && taint.effect !== before?.effect;
    if (isSame || taint.timeAdded === undefined) taint.timeAdded = formatTime(clock.now());
    return undefined;
  },
});

type Slice = ResourceSlice | BetaResourceSlice;

export const resourceSliceStrategy = defineStrategy<Slice>({
  beforeCreate: async (slice, context) => timeTaints(slice, context),
  beforeUpdate: async (slice, _old, context) => timeTaints(slice, context),
});

interface Tainted {
  readonly taints?: DeviceTaint[];
  readonly basic?: { readonly taints?: DeviceTaint[] };
}

function timeTaints({ spec }: Slice, { clock }: WriteContext): undefined {
  const devices: readonly Tainted[] = spec?.devices ?? [];
  for (const { basic, taints = basic?.taints ?? [] } of devices) {
    for (const taint of taints) taint.timeAdded ??= formatTime(clock.now());
  }
}
