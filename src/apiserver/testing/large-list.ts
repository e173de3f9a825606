import { findKind } from "../../api/kinds.ts";
import { loadSchema } from "../../api/schema-data.ts";
import type { ListAnswer } from "../exchange.ts";
import { encode, stamp } from "../registry/codec.ts";

/** Pods of two kinds by turns, 6 MB in all: more than is ever kept as a whole. */
export function largeList(): ListAnswer {
  const podSchema = loadSchema().resources.find(({ resource, group }) => resource === "pods" && group === "");
  const entries = Array.from({ length: 2400 }, (_, index) => {
    const metadata = { name: `pod-${index}`, namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };
    const containers = [
      { name: index % 2 === 0 ? "web" : "ä", image: "nginx", args: ["x".repeat((index * 7) % 4500)] },
    ];
    const status = { phase: index % 3 === 0 ? "Running" : "Failed", podIP: `10.0.0.${index % 250}` };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { containers, nodeName: "node" }, status };
    return { key: `/registry/pods/default/pod-${index}`, revision: 7, bytes: stamp(encode(pod as never), 7) };
  });
  const resource = { schema: podSchema, kind: findKind("", "v1", "Pod") };
  return { kind: "list", resource, revision: 9, entries } as unknown as ListAnswer;
}
