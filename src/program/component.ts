import type { UserInfo } from "../apiserver/authn/authenticator.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { Client } from "../client/client.ts";
import { createEventSender, type EventSender } from "../client/event-recorder.ts";
import type { EventRecorder } from "../client/events.ts";
import type { InformerSet } from "../client/informer.ts";
import { createInformerSet } from "../client/informer-set.ts";
import type { Transport } from "../client/transport.ts";
import type { Environment } from "./environment.ts";

/** What a component is made from: its own way to the door, and what it knows of the cluster. */
export interface Component {
  readonly name: string;
  readonly client: Client;
  readonly informers: InformerSet;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  close(): Promise<void>;
}

/** Opens a way to the door for somebody: in process, or over HTTP with that identity's credentials. */
export type Door = (identity: { user: UserInfo; userAgent: string }) => Transport;

export interface ComponentIdentity {
  /** As events name their source, and the log its component. */
  readonly name: string;
  readonly user: UserInfo;
  /** The program as managed fields name it; the component's own name when absent. */
  readonly program?: string;
  /** Node that events come from. */
  readonly host?: string;
}

/**
 * What those decide who belong to no node is done by others at once, who have the processor first: longer than a pod takes to
 * run. Kubelets tell of what is done.
 */
const EVENTS_LINGER_MS = 250;

export function createComponent(
  { name, user, program = name, host }: ComponentIdentity,
  from: {
    readonly door: Door;
    readonly environment: Environment;
    /** Where many components share one; it outlives them. */
    readonly eventSender?: EventSender;
    /** What it sees the cluster through, when that is not its own: what outlives it is not stopped with it. */
    readonly informers?: InformerSet;
  },
): Component {
  const { clock, random } = from.environment;
  const log = from.environment.log.named(name);
  const transport = from.door({ user, userAgent: program });
  const client = new Client(transport);
  const informers = from.informers ?? createInformerSet({ client, clock, random, log });
  const lingerMs = host === undefined ? EVENTS_LINGER_MS : 0;
  const sender = from.eventSender ?? createEventSender({ clock, random, log, lingerMs });
  const events = sender.recorder({ client, component: name, ...(host !== undefined && { host }) });
  return {
    name,
    client,
    informers,
    events,
    clock,
    random,
    log,
    async close() {
      if (from.informers === undefined) await informers.stop();
      if (from.eventSender === undefined) await sender.stop();
      await transport.close();
    },
  };
}
