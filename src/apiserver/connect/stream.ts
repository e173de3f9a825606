import type { Pod } from "../../api/generated/core/v1.ts";
import { badRequest, notFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { forwardedHeaders, joinStreams, responseHead } from "../../base/http-upgrade.ts";
import type { Logger } from "../../base/log.ts";
import { openSpdySession } from "../../base/spdy/session.ts";
import type { Answer, Exchange } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { Subresource, SubresourceHandler } from "../subresources/subresource.ts";
import { admitConnect } from "./admit-connect.ts";
import { checkMayCreate } from "./create-permission.ts";
import type { KubeletClient, KubeletLocation } from "./kubelet-client.ts";
import { containerOf, flag, nodeNameOf, nodePath } from "./pod-container.ts";
import { joinRemoteCommand, type RemoteStreams } from "./remote-command.ts";
import { acceptWebSocket, offeredProtocols, webSocketStream } from "./web-socket.ts";

type Upgrade = NonNullable<Exchange["upgrade"]>;

export interface StreamOptions {
  readonly kubelets: KubeletClient;
  readonly log: Logger;
}

const TAKEN: Answer = { kind: "taken" };
const REMOTE_COMMAND_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const PORT_FORWARD_TUNNEL = "SPDY/3.1+portforward.k8s.io";

/** `pods/exec` and `pods/attach`: GET for WebSocket clients, POST for SPDY clients. */
export function remoteCommandSubresource(action: "exec" | "attach", options: StreamOptions): Subresource {
  const handler: SubresourceHandler = async (resource, asked, environment) => {
    const exchange = await admitConnect(resource, asked, { environment });
    await checkMayCreate(exchange, environment);
    const pod = await podOf(resource, exchange);
    const container = containerOf(pod, exchange.query.get("container") ?? "");
    const location = await options.kubelets.locate(nodeNameOf(pod));
    const upgrade = upgradeOf(exchange);
    const streams = wantedStreams(exchange.query);
    const path = `${nodePath(action, pod, container)}?${nodeQuery(exchange.query, streams)}`;
    const offered = offeredProtocols(upgrade.request);
    const protocol = REMOTE_COMMAND_PROTOCOLS.find((known) => offered?.includes(known));
    if (protocol === undefined) return tunnel(exchange, upgrade, { options, location, path });
    // Runtimes know no v5, and their v4 has no end of input: to them we always speak SPDY.
    const { stream } = await options.kubelets.upgrade(location, {
      method: "POST",
      path,
      headers: spdyHeaders("v4.channel.k8s.io"),
      signal: exchange.signal,
    });
    const webSocket = await acceptWebSocket(upgrade, protocol);
    if (webSocket === undefined) {
      stream.socket.destroy();
      return TAKEN;
    }
    const session = openSpdySession(stream.socket, stream.head);
    joinRemoteCommand(webSocket, session, streams).catch((error: unknown) => {
      options.log.warn("a stream to a container broke", { path, error: errorMessage(error) });
      webSocket.terminate();
      session.destroy();
    });
    return TAKEN;
  };
  return { get: handler, create: handler };
}

/** `pods/portforward`. */
export function portForwardSubresource(options: StreamOptions): Subresource {
  const handler: SubresourceHandler = async (resource, asked, environment) => {
    const exchange = await admitConnect(resource, asked, { environment });
    await checkMayCreate(exchange, environment);
    const pod = await podOf(resource, exchange);
    const location = await options.kubelets.locate(nodeNameOf(pod));
    const upgrade = upgradeOf(exchange);
    const ports = exchange.query.getAll("ports").map((port) => `port=${encodeURIComponent(port)}`);
    const path = `${nodePath("portForward", pod)}${ports.length === 0 ? "" : `?${ports.join("&")}`}`;
    if (offeredProtocols(upgrade.request)?.includes(PORT_FORWARD_TUNNEL) !== true) {
      return tunnel(exchange, upgrade, { options, location, path });
    }
    // The client speaks SPDY inside of its WebSocket: what is in the messages is what the runtime wants.
    const { stream } = await options.kubelets.upgrade(location, {
      method: "POST",
      path,
      headers: spdyHeaders("portforward.k8s.io"),
      signal: exchange.signal,
    });
    const webSocket = await acceptWebSocket(upgrade, PORT_FORWARD_TUNNEL);
    if (webSocket === undefined) {
      stream.socket.destroy();
      return TAKEN;
    }
    const messages = await webSocketStream(webSocket);
    if (stream.head.length > 0) messages.write(stream.head);
    joinStreams(messages, stream.socket);
    return TAKEN;
  };
  return { get: handler, create: handler };
}

/** Hands the client's own protocol on, byte by byte, to where it is spoken. */
async function tunnel(
  exchange: Exchange,
  upgrade: Upgrade,
  to: { options: StreamOptions; location: KubeletLocation; path: string },
): Promise<Answer> {
  const { response, stream } = await to.options.kubelets.upgrade(to.location, {
    method: exchange.method,
    path: to.path,
    headers: forwardedHeaders(upgrade.request),
    signal: exchange.signal,
  });
  upgrade.socket.write(responseHead(response));
  if (stream.head.length > 0) upgrade.socket.write(stream.head);
  if (upgrade.head.length > 0) stream.socket.write(upgrade.head);
  joinStreams(upgrade.socket, stream.socket);
  return TAKEN;
}

function upgradeOf(exchange: Exchange): Upgrade {
  if (exchange.upgrade === undefined) throw badRequest("Upgrade request required");
  return exchange.upgrade;
}

async function podOf(resource: ServedResource, exchange: Exchange): Promise<Pod> {
  const { namespace, name } = exchange.info;
  const pod = (await resource.storage.get(namespace, name))?.object as Pod | undefined;
  if (pod === undefined) throw notFound(resource.schema, name);
  return pod;
}

function wantedStreams(query: URLSearchParams): RemoteStreams {
  const tty = flag(query, "tty");
  const streams = {
    tty,
    stdin: flag(query, "stdin"),
    stdout: flag(query, "stdout"),
    stderr: flag(query, "stderr") && !tty,
  };
  if (streams.stdin || streams.stdout || streams.stderr) return streams;
  throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
}

/** The node's names for the same options. */
function nodeQuery(query: URLSearchParams, streams: RemoteStreams): URLSearchParams {
  const found = new URLSearchParams();
  for (const command of query.getAll("command")) found.append("command", command);
  if (streams.stdin) found.set("input", "1");
  if (streams.stdout) found.set("output", "1");
  if (streams.stderr) found.set("error", "1");
  if (streams.tty) found.set("tty", "1");
  return found;
}

function spdyHeaders(protocol: string): Record<string, string> {
  return { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocol };
}
