/** What of a service the environment tells. */
export interface ServiceFacts {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIp: string;
  /** Which pods it sends clients to. */
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol: string }[];
}

/**
 * The variables about services that a container sees: those of its own namespace where the pod wants them, and always the
 * API server's (`kubernetes` in `default`), as docker links had them. Services without a cluster address have none.
 */
export function serviceVariables(
  services: readonly ServiceFacts[],
  pod: { namespace: string; enableServiceLinks: boolean },
): Map<string, string> {
  const variables = new Map<string, string>();
  const wanted = new Map<string, ServiceFacts>();
  for (const service of services) {
    if (service.clusterIp === "" || service.clusterIp === "None") continue;
    const isMaster = service.namespace === "default" && service.name === "kubernetes";
    if (service.namespace === pod.namespace && (pod.enableServiceLinks || isMaster)) wanted.set(service.name, service);
    else if (isMaster && !wanted.has(service.name)) wanted.set(service.name, service);
  }
  for (const service of wanted.values()) addService(variables, service);
  return variables;
}

function addService(variables: Map<string, string>, { name, clusterIp, ports }: ServiceFacts): void {
  const prefix = name.toUpperCase().replaceAll("-", "_");
  const first = ports[0];
  if (first === undefined) return;
  const host = clusterIp.includes(":") ? `[${clusterIp}]` : clusterIp;
  variables.set(`${prefix}_SERVICE_HOST`, clusterIp);
  variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports) {
    if (port.name) {
      variables.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll("-", "_")}`, String(port.port));
    }
  }
  ports.forEach(({ port, protocol }, index) => {
    const scheme = protocol.toLowerCase();
    const url = `${scheme}://${host}:${port}`;
    if (index === 0) variables.set(`${prefix}_PORT`, url);
    const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    variables.set(portPrefix, url);
    variables.set(`${portPrefix}_PROTO`, scheme);
    variables.set(`${portPrefix}_PORT`, String(port));
    variables.set(`${portPrefix}_ADDR`, clusterIp);
  });
}
