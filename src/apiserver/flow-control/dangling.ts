import type { FlowSchema, FlowSchemaCondition } from "../../api/generated/flowcontrol.apiserver.k8s.io/v1.ts";

const TYPE = "Dangling";

/** Whether the schema's level is there, as its condition; undefined when it says so already. */
export function danglingCondition(
  schema: FlowSchema,
  isThere: boolean,
  now: string,
): readonly FlowSchemaCondition[] | undefined {
  const level = JSON.stringify(schema.spec?.priorityLevelConfiguration.name ?? "");
  const wanted = isThere
    ? {
        status: "False",
        reason: "Found",
        message: `This FlowSchema references the PriorityLevelConfiguration object named ${level} and it exists`,
      }
    : {
        status: "True",
        reason: "NotFound",
        message: `This FlowSchema references the PriorityLevelConfiguration object named ${level} but there is no such object`,
      };
  const conditions = schema.status?.conditions ?? [];
  const found = conditions.find(({ type }) => type === TYPE);
  if (found?.status === wanted.status && found.reason === wanted.reason && found.message === wanted.message)
    return undefined;
  const since = found?.status === wanted.status ? found.lastTransitionTime : undefined;
  return [
    ...conditions.filter(({ type }) => type !== TYPE),
    { type: TYPE, ...wanted, lastTransitionTime: since ?? now },
  ];
}
