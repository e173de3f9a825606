import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointSliceKind } from "../discovery/endpoint-slice.ts";
import { nameErrors } from "../object-meta.ts";
import { testChange, testNew } from "../testing/kind-table.ts";
import { ingressKind } from "./ingress.ts";
import { ingressClassKind } from "./ingress-class.ts";
import { networkPolicyKind } from "./network-policy.ts";
import { serviceAddressKinds } from "./service-cidr.ts";

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe("ingresses", () => {
  const service = { name: "s", port: { number: 80 } };
  const rule = (path: object, host?: string) => ({
    ...(host !== undefined && { host }),
    http: { paths: [{ path: "/", pathType: "Prefix", backend: { service }, ...path }] },
  });
  const of = (...rules: object[]) => ({ spec: { rules } });
  testNew(ingressKind, [
    [
      "a plain one, to a service that begins with a digit",
      of(rule({ backend: { service: { ...service, name: "1s" } } })),
    ],
    ["nothing", { spec: {} }, "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    [
      "backends",
      of(
        rule({ backend: {} }),
        rule({ backend: { service: { name: "s", port: {} } } }),
        rule({ backend: { resource: {} } }),
      ),
      'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
      "spec.rules[1].http.paths[0].backend: Required value: port name or number is required",
      "spec.rules[2].http.paths[0].backend.resource.kind: Required value: kind is required",
      "spec.rules[2].http.paths[0].backend.resource.name: Required value: name is required",
    ],
    [
      "paths",
      of(rule({ path: "a//b/.." }), rule({ pathType: "Odd" })),
      'spec.rules[0].http.paths[0].path: Invalid value: "a//b/..": must be an absolute path',
      "spec.rules[0].http.paths[0].path: Invalid value: \"a//b/..\": must not contain '//'",
      "spec.rules[0].http.paths[0].path: Invalid value: \"a//b/..\": cannot end with '/..'",
      'spec.rules[1].http.paths[0].pathType: Unsupported value: "Odd": supported values: "Exact", "ImplementationSpecific", "Prefix"',
    ],
    [
      "hosts",
      of(rule({}, "10.0.0.1"), rule({}, "A")),
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
      `spec.rules[1].host: Invalid value: "A": ${SUBDOMAIN}`,
    ],
    [
      "two classes",
      {
        metadata: { annotations: { "kubernetes.io/ingress.class": "a" } },
        spec: { ingressClassName: "b", rules: [rule({})] },
      },
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ],
    [
      "the same class twice",
      {
        metadata: { annotations: { "kubernetes.io/ingress.class": "a" } },
        spec: { ingressClassName: "a", rules: [rule({})] },
      },
    ],
  ]);
  const tls = (secretName: string) => ({ spec: { rules: [rule({})], tls: [{ secretName }] } });
  testChange(ingressKind, [
    ["wrong names of secrets stay", tls("A"), tls("B")],
    ["and do not come", tls("A"), tls("a"), `spec.tls[0].secretName: Invalid value: "A": ${SUBDOMAIN}`],
  ]);
  test("an old annotation is told when it comes", () => {
    const object = { metadata: { annotations: { "kubernetes.io/ingress.class": "a" } } };
    assert.deepEqual(ingressKind.warnings!(object), [
      "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead",
    ]);
    assert.deepEqual(ingressKind.warnings!(object, object), []);
  });
});

describe("ingress classes", () => {
  const of = (controller: string, parameters?: object) => ({ spec: { controller, ...(parameters && { parameters }) } });
  testNew(ingressClassKind, [
    ["a good one", of("acme.io/foo", { kind: "K", name: "n" })],
    ["no controller", of(""), "spec.controller: Required value"],
    ["no path", of("a"), 'spec.controller: Invalid value: "a": must be a domain-prefixed path (such as "acme.io/foo")'],
    [
      "parameters",
      of("a/b", { kind: "", name: "a/b", scope: "Namespace" }),
      "spec.parameters.kind: Required value: kind is required",
      "spec.parameters.name: Invalid value: \"a/b\": may not contain '/'",
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
    [
      "a namespace of the cluster",
      of("a/b", { kind: "K", name: "n", scope: "Cluster", namespace: "x" }),
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
  ]);
});

describe("network policies", () => {
  const port = (...ports: object[]) => ({ spec: { podSelector: {}, ingress: [{ ports }] } });
  const peer = (from: object) => ({ spec: { podSelector: {}, ingress: [{ from: [from] }] } });
  const at = "spec.ingress[0].ports";
  testNew(networkPolicyKind, [
    ["good ports", port({ port: "http" }, { port: 80, endPort: 90 })],
    [
      "wrong ports",
      port({ endPort: 1 }, { port: "http", endPort: 1 }, { port: 80, endPort: 79 }, { port: 0, protocol: "X" }),
      `${at}[0].endPort: Invalid value: 1: may not be specified when \`port\` is not specified`,
      `${at}[1].endPort: Invalid value: 1: may not be specified when \`port\` is non-numeric`,
      `${at}[2].endPort: Invalid value: 80: must be greater than or equal to \`port\``,
      `${at}[3].protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"`,
      `${at}[3].port: Invalid value: 0: must be between 1 and 65535, inclusive`,
    ],
    ["no peer", peer({}), "spec.ingress[0].from[0]: Required value: must specify a peer"],
    [
      "blocks",
      peer({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8", "fd00::/64", "a"] } }),
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "fd00::/64": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "a": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    ["an empty block", peer({ ipBlock: {} }), "spec.ingress[0].from[0].ipBlock.cidr: Required value"],
  ]);
  const loose = peer({ ipBlock: { cidr: "10.0.0.1/8" } });
  test("ranges with bits behind them are told", () => {
    const ipBlock = { cidr: "10.0.0.1/8", except: ["FD00::/64"] };
    const policy = { spec: { podSelector: {}, egress: [{}, { to: [{ ipBlock }] }] } };
    assert.deepEqual(networkPolicyKind.warnings!(policy as object), [
      'spec.egress[1].to[0].ipBlock.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
      'spec.egress[1].to[0].ipBlock.except[0]: IPv6 CIDR value "FD00::/64" should be in RFC 5952 canonical format ("fd00::/64")',
    ]);
  });
  testChange(networkPolicyKind, [["what older servers took stays", loose, loose]]);
});

describe("endpoint slices", () => {
  const of = (addressType: string, ...endpoints: object[]) => ({ addressType, endpoints });
  testNew(endpointSliceKind, [
    ["the machine itself", of("IPv4", { addresses: ["127.0.0.1"] })],
    [
      "addresses",
      of("IPv4", { addresses: ["fd00::1", "a", "010.0.0.1"] }, {}),
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address',
      'endpoints[0].addresses[1]: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'endpoints[0].addresses[2]: Invalid value: "010.0.0.1": must not have leading 0s',
      "endpoints[1].addresses: Required value: must contain at least 1 address",
    ],
    [
      "ports",
      { addressType: "IPv4", endpoints: [], ports: [{ port: 80 }, { port: 81, protocol: "X" }] },
      'ports[1].name: Duplicate value: ""',
      'ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      "hints without names",
      of("IPv4", { addresses: ["10.0.0.1"], hints: { forZones: [{}, {}] } } as never),
      'endpoints[0].hints.forZones[1].name: Duplicate value: ""',
    ],
    [
      "hints",
      of("IPv4", { addresses: ["10.0.0.1"], hints: { forNodes: [{ name: "a" }, { name: "a" }] } }),
      'endpoints[0].hints.forNodes[1].name: Duplicate value: "a"',
    ],
  ]);
  const wrong = of("IPv4", { addresses: ["010.0.0.1"] });
  testChange(endpointSliceKind, [
    ["what older servers took stays", wrong, wrong],
    ["its kind of addresses", of("IPv6"), of("IPv4"), 'addressType: Invalid value: "IPv6": field is immutable'],
  ]);
  test("labels count as a change of it", () => {
    const old = { metadata: { generation: 1, labels: { a: "b" } }, addressType: "IPv4" };
    const draft = { metadata: { generation: 1, labels: { a: "c" } }, addressType: "IPv4" };
    endpointSliceKind.prepareForUpdate!(draft, old);
    assert.equal((draft.metadata as { generation: number }).generation, 2);
  });
});

describe("addresses of services", () => {
  const [cidr, address] = serviceAddressKinds;
  const of = (...cidrs: string[]) => ({ spec: { cidrs } });
  testNew(cidr!, [
    ["both families", of("10.0.0.0/16", "fd00::/112")],
    ["none", of(), "spec.cidrs: Required value: at least one CIDR required"],
    [
      "two of one family",
      of("10.0.0.0/16", "10.1.0.0/16"),
      'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/16","10.1.0.0/16"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
    [
      "not canonical",
      of("FD00::/112"),
      'spec.cidrs[0]: Invalid value: "FD00::/112": must be in canonical form ("fd00::/112")',
    ],
  ]);
  testChange(cidr!, [
    ["a second comes", of("10.0.0.0/16", "fd00::/112"), of("10.0.0.0/16")],
    [
      "another",
      of("10.1.0.0/16"),
      of("10.0.0.0/16"),
      'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
    ],
  ]);
  test("addresses are named in one way", () => {
    assert.equal(address!.nameRule, "ipAddress");
    assert.deepEqual(nameErrors("FD00::1", "ipAddress"), ['must be in canonical form ("fd00::1")']);
    assert.deepEqual(nameErrors("fd00::1", "ipAddress"), []);
  });
});
