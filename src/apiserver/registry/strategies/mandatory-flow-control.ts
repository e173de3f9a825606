import { invalid, invalidObject } from "../../../api/field-error.ts";
import { flowSchemaKind } from "../../../api/flowcontrol/flow-schema.ts";
import { priorityLevelConfigurationKind } from "../../../api/flowcontrol/priority-level-configuration.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "../../../api/generated/flowcontrol.apiserver.k8s.io/v1.ts";
import type { KindDefinition } from "../../../api/kind.ts";
import type { ApiObject } from "../../../api/meta.ts";
import { equalJson } from "../../../api/patch/json-value.ts";
import { defaultFlowSchemas, defaultPriorityLevels } from "../../flow-control/defaults.ts";
import { defineStrategy, type Strategy } from "../strategy.ts";

interface Specified extends ApiObject {
  spec?: object;
}

/** What the server cannot do without stays as it is made; of the level that is never limited, how it lends may change. */
export const mandatoryFlowControl: Readonly<Record<string, Strategy>> = {
  "flowcontrol.apiserver.k8s.io/flowschemas": fixed<FlowSchema>(flowSchemaKind, defaultFlowSchemas.mandatory),
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": fixed<PriorityLevelConfiguration>(
    priorityLevelConfigurationKind,
    defaultPriorityLevels.mandatory,
    "exempt",
  ),
};

/** @param open the object whose field of the same name may be anything */
function fixed<T extends Specified>(kind: KindDefinition, mandatory: readonly T[], open?: string): Strategy {
  const check = async (draft: T, old?: T): Promise<undefined> => {
    const name = draft.metadata?.name ?? "";
    const wanted = mandatory.find((each) => each.metadata?.name === name);
    const without = name === open ? { [name]: undefined } : {};
    if (wanted === undefined || equalJson({ ...draft.spec, ...without }, { ...wanted.spec, ...without })) {
      return undefined;
    }
    const errors = kind.validate?.(draft, old) ?? [];
    const but = name === open ? ` except the 'spec.${name}' field` : "";
    const message = `spec of '${name}'${but} must equal the fixed value`;
    throw invalidObject(kind, name, [...errors, invalid("spec", draft.spec ?? {}, message)]);
  };
  return defineStrategy<T>({
    beforeCreate: (draft) => check(draft),
    beforeUpdate: (draft, old) => check(draft, old),
  });
}
