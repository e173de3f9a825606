import { join } from "node:path";
import { writeKubeconfig } from "../bootstrap/kubeconfig.ts";
import type { LeafName } from "../bootstrap/pki/certificate-table.ts";
import type { Pki } from "../bootstrap/pki/ensure-pki.ts";
import type { PartName } from "../cli/program.ts";

/** Parts that enter the API server with a kubeconfig of their own, and the certificate that is in it. */
const PARTS = {
  "controller-manager": { user: "system:kube-controller-manager", credentials: "controllerManager" },
  scheduler: { user: "system:kube-scheduler", credentials: "scheduler" },
  kubelet: { user: "system:node", credentials: "kubeletClient" },
  proxy: { user: "system:kube-proxy", credentials: "kubeProxy" },
} satisfies Partial<Record<PartName, { user: string; credentials: LeafName }>>;

/** Where a part finds its kubeconfig when it is not told. */
export function partKubeconfig(dataDirectory: string, part: PartName): string {
  return join(dataDirectory, `${part}.kubeconfig`);
}

/** Writes the administrator's kubeconfig, and one for each part that runs on its own. */
export function writeKubeconfigs(from: { dataDirectory: string; kubeconfig: string; url: string; pki: Pki }): void {
  const { dataDirectory, url, pki } = from;
  const to = { server: url, certificateAuthority: pki.trusted.cluster };
  writeKubeconfig(from.kubeconfig, { ...to, user: "kubernetes-admin", credentials: pki.admin });
  for (const [part, { user, credentials }] of Object.entries(PARTS)) {
    writeKubeconfig(partKubeconfig(dataDirectory, part as PartName), { ...to, user, credentials: pki[credentials] });
  }
}
