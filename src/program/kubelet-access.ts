import { connectSubresources } from "../apiserver/connect/connect.ts";
import type { KubeletTls } from "../apiserver/connect/kubelet-client.ts";
import type { ObjectReader } from "../apiserver/reader.ts";
import type { Subresource } from "../apiserver/subresources/subresource.ts";
import { present } from "../base/assert.ts";
import type { Pki } from "../bootstrap/pki/ensure-pki.ts";
import type { Environment } from "./environment.ts";
import type { Given, GivenFiles } from "./given/given-files.ts";

/** What the API server passes on to nodes, pods and services: logs, streams, proxying. */
export function kubeletSubresources(
  pki: () => Pki,
  options: { given: GivenFiles; environment: Environment; reader: () => ObjectReader | undefined },
): Record<string, Subresource> {
  return connectSubresources({
    tls: ({ version }) => kubeletTls(pki(), options.given.current(), version),
    reader: () => present(options.reader(), "the API server's reader"),
    random: options.environment.random,
    log: options.environment.log.named("connect"),
  });
}

/** Wherry's own kubelets know the cluster's authority alone; others are shown what was given for them. */
export function kubeletTls(
  { apiServerKubeletClient: own, trusted }: Pick<Pki, "apiServerKubeletClient" | "trusted">,
  { kubeletClient, kubeletAuthority = "" }: Pick<Given, "kubeletClient" | "kubeletAuthority">,
  kubeletVersion = "",
): KubeletTls {
  const { certificate, key } = kubeletVersion.includes("+wherry") ? own : (kubeletClient ?? own);
  return { key, cert: certificate, ca: trusted.cluster + kubeletAuthority };
}
