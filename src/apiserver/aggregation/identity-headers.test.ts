import assert from "node:assert/strict";
import { test } from "node:test";
import { plannedAvailability } from "./availability.ts";
import { withIdentity } from "./identity-headers.ts";

test("who asks is told, and nobody else: keys that no header may have are escaped", () => {
  const extra = { "example.com/team(a)": ["b"], "plain|~key": ["c", "d"], "50%": ["e"], é: ["f"] };
  const headers = { "X-Remote-Group": "system:masters", "impersonate-uid": "1", accept: "*/*" };
  assert.deepEqual(withIdentity(headers, { name: "u", uid: "7", groups: ["g"], extra }), {
    accept: "*/*",
    "x-remote-user": "u",
    "x-remote-uid": "7",
    "x-remote-group": ["g"],
    "x-remote-extra-example.com%2fteam%28a%29": ["b"],
    "x-remote-extra-plain|~key": ["c", "d"],
    "x-remote-extra-50%25": ["e"],
    "x-remote-extra-%c3%a9": ["f"],
  });
});

test("ports and endpoints matter where the Service has an address in the cluster", () => {
  const spec = { group: "g", version: "v1", groupPriorityMinimum: 1, versionPriority: 1 };
  const object = { metadata: { name: "v1.g" }, spec: { ...spec, service: { namespace: "ns", name: "s" } } };
  const serviceOf = (type: string | undefined, port: number) => ({
    metadata: { name: "s", namespace: "ns" },
    spec: { ...(type !== undefined && { type }), ports: [{ name: "p", port }] },
  });
  const slice = (port: string) => ({
    metadata: { name: "s-1", namespace: "ns", labels: { "kubernetes.io/service-name": "s" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.1"] }],
    ports: [{ name: port, port: 1 }],
  });
  const said = (type: string | undefined, port: number, slices: ReturnType<typeof slice>[] = []) => {
    const found = plannedAvailability(object, { service: serviceOf(type, port), slices });
    return found && `${found.reason}: ${found.message}`;
  };
  for (const type of [undefined, "ClusterIP"]) {
    assert.equal(said(type, 6443), 'ServicePortError: service/s in "ns" is not listening on port 443');
    assert.equal(said(type, 443), 'EndpointsNotFound: cannot find endpointslices for service/s in "ns"');
    assert.equal(
      said(type, 443, [slice("other")]),
      'MissingEndpoints: endpointslices for service/s in "ns" have no addresses with port name "p"',
    );
    assert.equal(said(type, 443, [slice("p")]), undefined);
  }
  for (const type of ["NodePort", "LoadBalancer", "ExternalName"]) assert.equal(said(type, 6443), undefined);
});
