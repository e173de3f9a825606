import { join } from "node:path";
import type { PartOptions } from "../cli/program.ts";
import type { PartTo, StartedPart } from "./part.ts";
import { openServer } from "./server.ts";

/** The API server with its store; the other parts come in over the network. */
export async function startApiServer(options: PartOptions, to: PartTo): Promise<StartedPart> {
  const kubeconfig = options.kubeconfig ?? join(options.dataDirectory, "kubeconfig");
  const { url } = await openServer({ ...options, kubeconfig }, to);
  return { url, kubeconfig };
}
