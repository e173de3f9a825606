import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";

/** All plugins, in order: every admit before the object is validated, every validate after. */
export interface AdmissionChain {
  admit(attributes: AdmissionAttributes): Promise<void>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const admitting = plugins.filter((plugin) => plugin.admit !== undefined);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);
  const pass = async (attributes: AdmissionAttributes): Promise<void> => {
    for (let at = 0; at < admitting.length; at++) {
      const plugin = admitting[at]!;
      if (!plugin.handles(attributes)) continue;
      // Most have done what they do, and need no turn of their own.
      const going = plugin.admit?.(attributes);
      if (going !== undefined) await going;
    }
  };
  return {
    async admit(attributes) {
      const { reinvocation } = attributes;
      await pass(attributes);
      if (!reinvocation.isRequested) return;
      // What a webhook or policy changed may matter to a plugin that ran before it (upstream: reinvocationHandler).
      reinvocation.isSecondPass = true;
      await pass(attributes);
    },
    async validate(attributes) {
      for (let at = 0; at < validating.length; at++) {
        const plugin = validating[at]!;
        if (!plugin.handles(attributes)) continue;
        const going = plugin.validate?.(attributes);
        if (going !== undefined) await going;
      }
    },
  };
}
