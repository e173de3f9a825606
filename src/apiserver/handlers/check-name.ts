import type { ApiObject } from "../../api/meta.ts";
import { badRequest } from "../../api/status.ts";

/** The object that is written is the one that the path names. @throws StatusError BadRequest */
export function checkName({ metadata }: ApiObject, name: string): void {
  const written = metadata?.name ?? "";
  if (written === "")
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (written !== name)
    throw badRequest(`the name of the object (${written}) does not match the name on the URL (${name})`);
}
