import type { AdmissionDependencies, AdmissionPlugin } from "../apiserver/admission/admission.ts";
import { readAdmissionConfiguration } from "../apiserver/admission/configuration/read-configuration.ts";
import { createAdmissionPlugins } from "../apiserver/admission/plugins.ts";
import type { AdmissionChoice } from "../cli/choices.ts";

/** Admission as the flags want it. @throws AdmissionConfigurationError */
export async function admissionOf(
  choice: AdmissionChoice | undefined,
): Promise<(dependencies: AdmissionDependencies) => AdmissionPlugin[]> {
  const { configurationFile, enabled = [], disabled = [] } = choice ?? {};
  const configurations = configurationFile === undefined ? {} : await readAdmissionConfiguration(configurationFile);
  return (dependencies) => createAdmissionPlugins(dependencies, { enabled, disabled, configurations });
}
