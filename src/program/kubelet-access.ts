import { connectSubresources } from "../apiserver/connect/connect.ts";
import type { ObjectReader } from "../apiserver/reader.ts";
import type { Subresource } from "../apiserver/subresources/subresource.ts";
import { present } from "../base/assert.ts";
import type { Pki } from "../bootstrap/pki/ensure-pki.ts";
import type { Environment } from "./environment.ts";

/** What the API server passes on to nodes, pods and services: logs, streams, proxying. */
export function kubeletSubresources(
  pki: () => Pki,
  options: { environment: Environment; reader: () => ObjectReader | undefined },
): Record<string, Subresource> {
  return connectSubresources({
    tls() {
      const { apiServerKubeletClient, trusted } = pki();
      return { key: apiServerKubeletClient.key, cert: apiServerKubeletClient.certificate, ca: trusted.cluster };
    },
    reader: () => present(options.reader(), "the API server's reader"),
    random: options.environment.random,
    log: options.environment.log.named("connect"),
  });
}
