import type { UserInfo } from "../apiserver/authn/authenticator.ts";
import { startDns } from "../dns/dns.ts";
import { addressAt, parseCidr } from "../network/cidr.ts";
import { type ClusterRanges, dnsServiceAddress } from "./cluster-ranges.ts";
import { createComponent } from "./component.ts";
import type { ComponentContext } from "./components.ts";
import type { Started } from "./stop.ts";

export interface DnsPartOptions {
  readonly context: ComponentContext;
  readonly nodeName: string;
  readonly facts: ClusterRanges;
  /** Addresses of this machine's pods: it listens on the first, their gateway. */
  readonly podCidr: string;
  /** By whose right it sees names, and says where it answers. */
  readonly user: UserInfo;
  /** Nodes beside the server's own have endpoints of their own. */
  readonly isFurther: boolean;
}

/** Cluster DNS for the pods of this machine. Resolves when it answers. */
export async function startTheDns(options: DnsPartOptions): Promise<Started> {
  const { context, nodeName, user } = options;
  const stopping = new AbortController();
  const component = createComponent({ name: "kube-dns", user }, context);
  const dns = await startDns({
    ...component,
    nodeName,
    isFurther: options.isFurther,
    address: addressAt(parseCidr(options.podCidr), 1),
    clusterIP: dnsServiceAddress(options.facts),
    clusterDomain: options.facts.clusterDomain,
    signal: stopping.signal,
  });
  return {
    async stop() {
      stopping.abort();
      await dns.stop();
      await component.close();
    },
  };
}
