import type { AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import type { PluginConfigurations } from "./configuration/plugin-configurations.ts";
import { pluginTable } from "./plugin-table.ts";

/** Which plugins run, and what their configuration files say. */
export interface AdmissionOptions {
  /** Names besides those that are on by default. */
  readonly enabled?: readonly string[];
  readonly disabled?: readonly string[];
  readonly configurations?: PluginConfigurations;
}

/** The options name plugins that are not there, or contradict each other. */
class AdmissionOptionsError extends Error {
  override name = "AdmissionOptionsError";
}

/** The plugins that run, in upstream's order. @throws AdmissionOptionsError */
export function createAdmissionPlugins(
  dependencies: AdmissionDependencies,
  options: AdmissionOptions = {},
): AdmissionPlugin[] {
  const { enabled = [], disabled = [], configurations = {} } = options;
  checkNames("enable-admission-plugins", enabled);
  checkNames("disable-admission-plugins", disabled);
  const both = enabled.filter((name) => disabled.includes(name));
  if (both.length > 0) {
    throw new AdmissionOptionsError(
      `${both.join(", ")} in enable-admission-plugins and disable-admission-plugins overlapped`,
    );
  }
  return pluginTable
    .filter(({ name, isDefault }) => (isDefault || enabled.includes(name)) && !disabled.includes(name))
    .map(({ create }) => create(dependencies, configurations));
}

function checkNames(flag: string, names: readonly string[]): void {
  const unknown = names.filter((name) => !pluginTable.some((entry) => entry.name === name));
  if (unknown.length === 0) return;
  throw new AdmissionOptionsError(
    `${flag} plugin ${unknown.map((name) => JSON.stringify(name)).join(", ")} is unknown: known are ${pluginTable.map(({ name }) => name).join(", ")}`,
  );
}
