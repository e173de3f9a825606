import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";

/** All plugins, in order: every admit before the object is validated, every validate after. */
export interface AdmissionChain {
  admit(attributes: AdmissionAttributes): Promise<void>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  return {
    async admit(attributes) {
      for (const plugin of plugins)
        if (plugin.admit !== undefined && plugin.handles(attributes)) await plugin.admit(attributes);
    },
    async validate(attributes) {
      for (const plugin of plugins) {
        if (plugin.validate !== undefined && plugin.handles(attributes)) await plugin.validate(attributes);
      }
    },
  };
}
