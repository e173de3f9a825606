import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceVariables } from "./service-variables.ts";

const tcp = (port: number, name?: string) => ({ port, protocol: "TCP", name });
const services = [
  { namespace: "default", name: "kubernetes", clusterIp: "10.96.0.1", ports: [tcp(443, "https")] },
  {
    namespace: "shop",
    name: "my-db",
    clusterIp: "10.96.0.7",
    ports: [tcp(5432), { port: 53, protocol: "UDP", name: "dns-udp" }],
  },
  { namespace: "shop", name: "headless", clusterIp: "None", ports: [tcp(80)] },
  { namespace: "other", name: "far", clusterIp: "10.96.0.9", ports: [tcp(80)] },
];

test("tells services of the pod's namespace and the API server, as docker links did", () => {
  const variables = Object.fromEntries(serviceVariables(services, { namespace: "shop", enableServiceLinks: true }));
  assert.deepEqual(variables, {
    KUBERNETES_SERVICE_HOST: "10.96.0.1",
    KUBERNETES_SERVICE_PORT: "443",
    KUBERNETES_SERVICE_PORT_HTTPS: "443",
    KUBERNETES_PORT: "tcp://10.96.0.1:443",
    KUBERNETES_PORT_443_TCP: "tcp://10.96.0.1:443",
    KUBERNETES_PORT_443_TCP_PROTO: "tcp",
    KUBERNETES_PORT_443_TCP_PORT: "443",
    KUBERNETES_PORT_443_TCP_ADDR: "10.96.0.1",
    MY_DB_SERVICE_HOST: "10.96.0.7",
    MY_DB_SERVICE_PORT: "5432",
    MY_DB_SERVICE_PORT_DNS_UDP: "53",
    MY_DB_PORT: "tcp://10.96.0.7:5432",
    MY_DB_PORT_5432_TCP: "tcp://10.96.0.7:5432",
    MY_DB_PORT_5432_TCP_PROTO: "tcp",
    MY_DB_PORT_5432_TCP_PORT: "5432",
    MY_DB_PORT_5432_TCP_ADDR: "10.96.0.7",
    MY_DB_PORT_53_UDP: "udp://10.96.0.7:53",
    MY_DB_PORT_53_UDP_PROTO: "udp",
    MY_DB_PORT_53_UDP_PORT: "53",
    MY_DB_PORT_53_UDP_ADDR: "10.96.0.7",
  });
});

test("without service links only the API server is told", () => {
  const names = [...serviceVariables(services, { namespace: "shop", enableServiceLinks: false }).keys()];
  assert.ok(names.length > 0 && names.every((name) => name.startsWith("KUBERNETES_")));
});
