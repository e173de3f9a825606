import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";

/** All plugins, in order: every admit before the object is validated, every validate after. */
export interface AdmissionChain {
  admit(attributes: AdmissionAttributes): Promise<void>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const admitting = plugins.filter((plugin) => plugin.admit !== undefined);
  const pass = async (attributes: AdmissionAttributes): Promise<void> => {
    for (const plugin of admitting) {
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
      for (const plugin of plugins) {
        if (plugin.validate === undefined || !plugin.handles(attributes)) continue;
        const going = plugin.validate(attributes);
        if (going !== undefined) await going;
      }
    },
  };
}
