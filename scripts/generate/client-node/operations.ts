import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One call of the Kubernetes API, as client-node's generated request factories make it. */
export interface Operation {
  /** e.g. `readNamespacedPodLog`. */
  readonly id: string;
  /** e.g. `/api/v1/namespaces/{namespace}/pods/{name}/log`. */
  readonly path: string;
  readonly method: string;
  readonly queryParameters: readonly string[];
  readonly bodyClass: string | undefined;
  readonly responseClass: string | undefined;
}

/**
 * Reads the operations of every API class that client-node's `gen/index.js` exports.
 *
 * @param clientNode directory of the package, with a trailing slash
 */
export function readOperations(clientNode: string): Operation[] {
  const generated = join(clientNode, "dist/gen");
  const index = readFileSync(join(generated, "index.js"), "utf8");
  const operations: Operation[] = [];
  for (const match of index.matchAll(/Object(\w+Api) as (\w+Api)/g)) {
    operations.push(...parseApi(readFileSync(join(generated, "apis", `${match[2]}.js`), "utf8")));
  }
  return operations;
}

function parseApi(text: string): Operation[] {
  const responses = new Map<string, string>();
  const processors = text.slice(text.search(/export class \w+ResponseProcessor/));
  for (const block of processors.split(/\n {4}async (?=\w+\()/).slice(1)) {
    const name = /^(\w+)WithHttpInfo\(/.exec(block)?.[1];
    const response = /deserialize\(ObjectSerializer\.parse\([^;]*?, "(\w+)", ""\)/.exec(block)?.[1];
    if (name !== undefined && response !== undefined) responses.set(name, response);
  }
  const factories = text.slice(0, text.search(/export class \w+ResponseProcessor/));
  return factories
    .split(/\n {4}async (?=\w+\()/)
    .slice(1)
    .map((block) => parseOperation(block, responses));
}

function parseOperation(block: string, responses: ReadonlyMap<string, string>): Operation {
  const id = /^(\w+)\(/.exec(block)?.[1];
  const path = /const localVarPath = '([^']+)'/.exec(block)?.[1];
  const method = /HttpMethod\.([A-Z]+)\)/.exec(block)?.[1];
  if (id === undefined || path === undefined || method === undefined) {
    throw new Error(`client-node: cannot read an operation that starts with: ${block.slice(0, 80)}`);
  }
  return {
    id,
    path,
    method,
    queryParameters: [...block.matchAll(/setQueryParam\("(\w+)"/g)].map((match) => match[1]!),
    bodyClass: /serialize\(body, "(\w+)"/.exec(block)?.[1],
    responseClass: responses.get(id),
  };
}
