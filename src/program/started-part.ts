import type { ProgramOutput } from "../cli/program.ts";
import type { Environment } from "./environment.ts";
import type { Started } from "./stop.ts";

/** What a part that has started tells of itself. */
export interface StartedPart {
  /** Of the API server that it is or speaks to. */
  readonly url: string;
  readonly kubeconfig: string;
  readonly nodeReady?: boolean;
  /** Rejects when the part ends by itself: another instance should take over, or somebody look at it. */
  readonly failed?: Promise<never>;
}

export interface PartTo {
  readonly environment: Environment;
  readonly output: ProgramOutput;
  /** Every piece joins as soon as it runs. */
  readonly started: Started[];
}
