import type { Schema } from "../../api/schema.ts";
import type { AdmissionChain } from "../admission/chain.ts";
import type { VirtualAnswers, VirtualHandler } from "../handlers/handler.ts";
import { referenceOf } from "../registry/resource.ts";

/** The resources of these handlers, all by `group/version/resource`. */
export function virtualResources(
  { resources }: Schema,
  handlers: Readonly<Record<string, VirtualHandler>>,
  admission: AdmissionChain,
): Record<string, VirtualAnswers> {
  return Object.fromEntries(
    resources.flatMap((schema) => {
      const key = `${schema.group}/${schema.version}/${schema.resource}`;
      const answer = handlers[key];
      return answer === undefined
        ? []
        : [[key, { resource: { schema, reference: referenceOf(schema), admission }, answer }]];
    }),
  );
}
