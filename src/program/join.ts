import { CommandError } from "../cli/command.ts";
import type { PartOptions } from "../cli/program.ts";
import type { PartTo, StartedPart } from "./started-part.ts";

export async function joinAsAgent(_options: PartOptions, _to: PartTo): Promise<StartedPart> {
  throw new CommandError("not here");
}
