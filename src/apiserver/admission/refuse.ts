import type { ApiObject } from "../../api/meta.ts";
import { forbidden, type StatusError } from "../../api/status.ts";
import type { AdmissionAttributes } from "./admission.ts";

/** The 403 of an admission plugin: `pods "web" is forbidden: <why>`. What has no name, such as a collection, is "Unknown". */
export function refuse(attributes: AdmissionAttributes, why: string): StatusError {
  const { object, name } = attributes;
  return forbidden(
    attributes.resource,
    name || object?.metadata?.name || object?.metadata?.generateName || "Unknown",
    why,
  );
}

/** Whether the write is about that resource itself (no subresource). The group is empty for core. */
export function isAbout(attributes: AdmissionAttributes, resource: string, group = ""): boolean {
  return isResource(attributes, resource, group) && attributes.subresource === "";
}

/** Whether the write is about that resource or one of its subresources. */
export function isResource({ resource }: AdmissionAttributes, name: string, group = ""): boolean {
  return resource.resource === name && resource.group === group;
}

/** The draft as the kind that the plugin handles. */
export function draftOf<T extends ApiObject>(attributes: AdmissionAttributes): T {
  return attributes.object as T;
}
