import { CommandError } from "../cli/command.ts";
import type { PartOptions } from "../cli/program.ts";
import type { PartTo, StartedPart } from "./started-part.ts";

/** Joining machines is not built yet; nothing pretends that it is. */
export async function joinAsAgent(options: PartOptions, _to: PartTo): Promise<StartedPart> {
  throw new CommandError(
    `this version of Wherry cannot join ${options.server ?? "a cluster"} as a node: a cluster has the one node that "wherry up" starts`,
  );
}
