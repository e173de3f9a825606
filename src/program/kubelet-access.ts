import type { Subresource } from "../apiserver/subresources/subresource.ts";
import type { Pki } from "../bootstrap/pki/ensure-pki.ts";
import type { Environment } from "./environment.ts";

/** What the API server passes on to the kubelets: logs, exec, attach, port-forward. */
export function kubeletSubresources(_pki: Pki, _environment: Environment): Record<string, Subresource> {
  return {};
}
