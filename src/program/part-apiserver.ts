import { join } from "node:path";
import type { PartOptions } from "../cli/program.ts";
import { openServer } from "./server.ts";
import type { PartTo, StartedPart } from "./started-part.ts";

/** The API server with its store; the other parts come in over the network. */
export async function startApiServer(options: PartOptions, to: PartTo): Promise<StartedPart> {
  const kubeconfig = options.kubeconfig ?? join(options.dataDirectory, "kubeconfig");
  const { url } = await openServer({ ...options, kubeconfig }, to);
  return { url, kubeconfig };
}
