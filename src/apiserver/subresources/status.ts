import { patchHandler } from "../handlers/patch.ts";
import { getHandler } from "../handlers/read.ts";
import { updateHandler } from "../handlers/write.ts";
import type { Subresource } from "./subresource.ts";

/** What is, as controllers see it: everything but the status stays as it is stored. */
export const statusSubresource: Subresource = { get: getHandler, update: updateHandler, patch: patchHandler };
