import type { ApiObject } from "../../../api/meta.ts";
import { cloneJson, equalJson } from "../../../api/patch/json-value.ts";
import type { AdmissionAttributes } from "../admission.ts";

/** What a plugin that calls others (webhooks, policies) needs to know of itself between the two passes. */
interface Memory {
  /** Reinvocable ones that were called, by key; they are due again after a change that came later. */
  readonly called: Set<string>;
  readonly due: Set<string>;
  /** What the plugin left behind. */
  output: ApiObject | undefined;
}

export interface PluginReinvocation {
  /** To be called when a pass begins: a change by plugins in between makes everything due that was called before. */
  begin(): void;
  /** In the second pass only what was called in the first, and has not seen the object as it is, is called again. */
  isDue(of: { readonly key: string }): boolean;
  noteChange(): void;
  noteCall(of: { readonly key: string; readonly reinvocationPolicy: string }): void;
  end(): void;
}

/** Reinvocation as upstream's webhookReinvokeContext keeps it; `plugin` names whose memory it is. */
export function reinvocationOf(attributes: AdmissionAttributes, plugin: string): PluginReinvocation {
  const { reinvocation, object } = attributes;
  const memory = (reinvocation.memory.get(plugin) as Memory | undefined) ?? {
    called: new Set<string>(),
    due: new Set<string>(),
    output: undefined,
  };
  reinvocation.memory.set(plugin, memory);
  const requireAll = (): void => {
    for (const key of memory.called) memory.due.add(key);
    memory.called.clear();
  };
  return {
    begin() {
      if (reinvocation.isSecondPass && memory.output !== undefined && !equalJson(memory.output, object)) requireAll();
    },
    isDue: ({ key }) => !reinvocation.isSecondPass || memory.due.has(key),
    noteChange() {
      requireAll();
      reinvocation.isRequested = true;
    },
    noteCall({ key, reinvocationPolicy }) {
      if (reinvocationPolicy === "IfNeeded") memory.called.add(key);
    },
    end() {
      const isNeeded = object !== undefined && memory.called.size > 0 && !reinvocation.isSecondPass;
      memory.output = isNeeded ? cloneJson(object) : undefined;
    },
  };
}
