import type { ProgramOutput, UpOptions } from "../cli/program.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import type { ComponentContext } from "./components.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Environment } from "./environment.ts";
export interface RunningNode {
  stop(o: { keepPods: boolean }): Promise<void>;
}
export async function startNode(
  _o: UpOptions & { facts: ClusterFacts; plane: ControlPlane; context: ComponentContext },
  _to: { environment: Environment; output: ProgramOutput },
): Promise<RunningNode> {
  throw new Error("no node");
}
