import { type IncomingMessage, STATUS_CODES } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Node } from "../../api/generated/core/v1.ts";
import { nodes } from "../../api/generated/resources.ts";
import { badRequest, failure, notFound, type StatusError, serviceUnavailable } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { requestUpgrade, type UpgradeAnswer } from "../../base/http-upgrade.ts";
import type { ObjectReader } from "../reader.ts";

/** How the API server proves itself to kubelets, and whom it believes to be one. PEM. */
export interface KubeletTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface KubeletLocation {
  readonly host: string;
  readonly port: number;
  /** Of the kubelet, as it says itself. */
  readonly version?: string;
}

export interface KubeletRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer;
  readonly signal: AbortSignal;
  /** The client takes what anybody says who answers there for the node. */
  readonly believesAnybody?: boolean;
}

/** Reaches the servers of nodes. All calls reject with StatusError. */
export interface KubeletClient {
  /** NotFound for an unknown node, BadRequest for one without an address. */
  locate(nodeName: string): Promise<KubeletLocation>;
  /** Any answer, whatever its code. ServiceUnavailable when the node cannot be reached. */
  request(location: KubeletLocation, request: KubeletRequest): Promise<IncomingMessage>;
  /** An answer of 101; every other one becomes an error with the node's own words. */
  upgrade(location: KubeletLocation, request: KubeletRequest): Promise<Required<UpgradeAnswer>>;
}

const KUBELET_PORT = 10_250;
/** kubeadm's --kubelet-preferred-address-types. */
const ADDRESS_TYPES = ["InternalIP", "ExternalIP", "Hostname"];
const ERROR_TEXT_LIMIT_BYTES = 64 * 1024;
const NODES = { group: "", resource: "nodes" };

export function createKubeletClient(options: {
  tls(to: KubeletLocation): KubeletTls;
  reader(): ObjectReader;
}): KubeletClient {
  const connection = (location: KubeletLocation, request: KubeletRequest) => ({
    ...options.tls(location),
    // As Go's verifier: whatever stands in the bundle is trusted, an intermediate authority too.
    allowPartialTrustChain: true,
    host: location.host,
    port: location.port,
    method: request.method,
    path: request.path,
    headers: { ...request.headers },
    ...(request.believesAnybody === true && { rejectUnauthorized: false }),
  });
  return {
    async locate(nodeName) {
      const node = await options.reader().get(nodes, undefined, nodeName);
      if (node === undefined) throw notFound(NODES, nodeName);
      return locationOf(node);
    },
    request: (location, request) =>
      new Promise((resolve, reject) => {
        const sent = httpsRequest({ ...connection(location, request), agent: false, signal: request.signal });
        sent.on("response", resolve);
        sent.on("error", (error) => reject(unreachable(location, error)));
        sent.end(request.body);
      }),
    async upgrade(location, request) {
      let answer: UpgradeAnswer;
      try {
        answer = await requestUpgrade({ ...connection(location, request), secure: true }, request.signal);
      } catch (error) {
        throw unreachable(location, error);
      }
      if (answer.stream === undefined) throw await errorFrom(answer.response);
      return { response: answer.response, stream: answer.stream };
    },
  };
}

/** Where a node's server listens. @throws StatusError BadRequest when the node does not say */
export function locationOf(node: Node): KubeletLocation {
  const addresses = node.status?.addresses ?? [];
  const { kubeletVersion } = node.status?.nodeInfo ?? {};
  for (const type of ADDRESS_TYPES) {
    const found = addresses.find((address) => address.type === type && address.address !== "");
    if (found === undefined) continue;
    return {
      host: found.address,
      port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT,
      ...(kubeletVersion && { version: kubeletVersion }),
    };
  }
  throw badRequest(`no preferred addresses found; known addresses: ${JSON.stringify(addresses)}`);
}

/** The error that a node's refusal is for our client: its code, its words. */
export async function errorFrom(response: IncomingMessage): Promise<StatusError> {
  const code = response.statusCode ?? 500;
  const text = await readText(response);
  const reason = REASONS[code] ?? "InternalError";
  return failure(code, reason, text === "" ? `the node answered ${code} ${STATUS_CODES[code] ?? ""}`.trim() : text);
}

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
  504: "Timeout",
};

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > ERROR_TEXT_LIMIT_BYTES) break;
    }
  } catch {
    // Half an error message is better than none.
  }
  return Buffer.concat(chunks).toString("utf8", 0, ERROR_TEXT_LIMIT_BYTES).trim();
}

function unreachable(location: KubeletLocation, error: unknown): StatusError {
  return serviceUnavailable(
    `error trying to reach the node at ${location.host}:${location.port}: ${UNTRUSTED.has(codeOf(error)) ? UNKNOWN_AUTHORITY : errorMessage(error)}`,
  );
}

const UNKNOWN_AUTHORITY = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
/** OpenSSL's words for it, of which Node tells with advice that is not for our clients. */
const UNTRUSTED = new Set([
  "CERT_SIGNATURE_FAILURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
