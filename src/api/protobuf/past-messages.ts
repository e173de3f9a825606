import { parseApiVersion } from "../meta.ts";
import type { Definition, Schema } from "../schema.ts";
import { loadSchema } from "../schema-data.ts";
import type { Message } from "./message.ts";
import { createMessageTable, type MessageTable } from "./table.ts";

const BACKEND = "io.k8s.api.networking.v1.IngressBackend";
const ENDPOINT = "io.k8s.api.discovery.v1.Endpoint";

let table: MessageTable | undefined;

/**
 * The message of a kind in a version that is served no more (past-versions.ts): that of v1, by whose names the fields are read, for
 * they have kept their numbers. The few that have not are named here.
 */
export function pastMessage(apiVersion: string, kind: string): Message | undefined {
  table ??= createMessageTable(withPastFields(loadSchema()));
  const { group } = parseApiVersion(apiVersion);
  return table.ofKind(`${group === "extensions" ? "networking.k8s.io" : group}/v1`, kind);
}

function withPastFields(schema: Schema): Schema {
  const { definitions } = schema;
  const backend = definitions[BACKEND];
  const endpoint = definitions[ENDPOINT];
  if (backend === undefined || endpoint === undefined) return schema;
  const { hints, zone: _later, ...endpointFields } = endpoint.fields;
  const past: Record<string, Definition> = {
    [BACKEND]: {
      ...backend,
      fields: {
        ...backend.fields,
        serviceName: { type: "string", number: 1 },
        servicePort: { ref: "io.k8s.apimachinery.pkg.util.intstr.IntOrString", number: 2 },
      },
    },
    [ENDPOINT]: { ...endpoint, fields: { ...endpointFields, hints: { ...hints!, number: 7 } } },
  };
  return { ...schema, definitions: { ...definitions, ...past } };
}
