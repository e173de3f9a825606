import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { ObjectReader } from "../reader.ts";
import type { Subresource } from "../subresources/subresource.ts";
import { createKubeletClient, type KubeletLocation, type KubeletTls } from "./kubelet-client.ts";
import { logSubresource } from "./log.ts";
import { proxySubresource } from "./proxy.ts";
import { portForwardSubresource, remoteCommandSubresource } from "./stream.ts";

export interface ConnectOptions {
  /** Asked at each connection, so that renewed certificates are used at once. */
  tls(to: KubeletLocation): KubeletTls;
  /** Asked at each request: the server's reader is made after its subresources. */
  reader(): ObjectReader;
  readonly random: Random;
  readonly log: Logger;
}

/** The subresources behind which a node, a pod or a service answers, for ApiServerOptions.subresources. */
export function connectSubresources(options: ConnectOptions): Record<string, Subresource> {
  const kubelets = createKubeletClient(options);
  const streaming = { kubelets, log: options.log };
  return {
    "/pods/log": logSubresource(kubelets),
    "/pods/exec": remoteCommandSubresource("exec", streaming),
    "/pods/attach": remoteCommandSubresource("attach", streaming),
    "/pods/portforward": portForwardSubresource(streaming),
    "/pods/proxy": proxySubresource("pod", options),
    "/services/proxy": proxySubresource("service", options),
    "/nodes/proxy": proxySubresource("node", options),
  };
}
