import { type Channel, openChannel } from "../grpc/channel.ts";
import type { ContainerEvent, ContainerEventType } from "../state.ts";

/**
 * containerd's own event service (containerd.services.events.v1): it tells of exits in every version, while CRI's
 * GetContainerEvents came only with 1.7. Events carry their details in Any messages, of which the first field, the
 * container's id, is enough.
 */
const DESCRIPTOR = {
  nested: {
    google: {
      nested: {
        protobuf: {
          nested: {
            Any: { fields: { type_url: { type: "string", id: 1 }, value: { type: "bytes", id: 2 } } },
            Timestamp: { fields: { seconds: { type: "int64", id: 1 }, nanos: { type: "int32", id: 2 } } },
          },
        },
      },
    },
    containerd: {
      nested: {
        services: {
          nested: {
            events: {
              nested: {
                v1: {
                  nested: {
                    SubscribeRequest: { fields: { filters: { rule: "repeated", type: "string", id: 1 } } },
                    ForwardRequest: { fields: { envelope: { type: "Envelope", id: 1 } } },
                    Nothing: { fields: {} },
                    Envelope: {
                      fields: {
                        timestamp: { type: "google.protobuf.Timestamp", id: 1 },
                        namespace: { type: "string", id: 2 },
                        topic: { type: "string", id: 3 },
                        // proto-loader would unpack an Any by its type; as raw bytes it stays as it is.
                        event: { type: "bytes", id: 4 },
                      },
                    },
                    Events: {
                      methods: {
                        Forward: { requestType: "ForwardRequest", responseType: "Nothing" },
                        Subscribe: {
                          requestType: "SubscribeRequest",
                          responseType: "Envelope",
                          responseStream: true,
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

const TOPICS: Readonly<Record<string, ContainerEventType>> = {
  "/tasks/start": "started",
  "/tasks/exit": "stopped",
  // Published after CRI has written down how the container ended.
  "/tasks/delete": "stopped",
};

/** Where events of our own are published: nobody else looks there. */
const OWN_NAMESPACE = "wherry";
const KNOCKS_AT_MOST = 100;
let subscriptions = 0;

/**
 * Follows containerd's events about containers of CRI until the signal aborts. containerd does not say when it has taken up a
 * subscription; that an event of our own comes back does.
 */
export async function* containerdEvents(socket: string, signal: AbortSignal): AsyncGenerator<ContainerEvent> {
  const channel: Channel = await openChannel({
    target: `unix:${socket}`,
    descriptor: DESCRIPTOR,
    service: "containerd.services.events.v1.Events",
  });
  const knock = `/subscribed/${process.pid}-${++subscriptions}`;
  let isSubscribed = false;
  try {
    const filters = [
      ...Object.keys(TOPICS).map((topic) => `namespace==k8s.io,topic=="${topic}"`),
      `namespace==${OWN_NAMESPACE},topic=="${knock}"`,
    ];
    type Envelope = { topic: string; event: Buffer };
    const envelopes = channel.stream<Envelope>("Subscribe", { filters }, signal);
    // When it fails the stream fails too, and tells why.
    knockUntil(channel, knock, () => isSubscribed || signal.aborted).catch(() => {});
    for await (const { topic, event } of envelopes) {
      if (topic === knock) {
        const isFirst = !isSubscribed;
        isSubscribed = true;
        if (isFirst) yield { type: "subscribed" };
        continue;
      }
      const type = TOPICS[topic];
      const containerId = firstText(lengthDelimited(event, 2) ?? Buffer.alloc(0));
      if (type !== undefined && containerId !== undefined) yield { containerId, type };
    }
  } finally {
    isSubscribed = true;
    channel.close();
  }
}

/** Publishes an event again and again: what comes before the subscription is lost. Each takes the time of a round trip. */
async function knockUntil(channel: Channel, topic: string, isOver: () => boolean): Promise<void> {
  // An empty message of a type that needs no description.
  const event = Buffer.concat([Buffer.from([0x0a, EMPTY.length]), Buffer.from(EMPTY)]);
  const envelope = { timestamp: { seconds: 1, nanos: 0 }, namespace: OWN_NAMESPACE, topic, event };
  for (let knocks = 0; knocks < KNOCKS_AT_MOST && !isOver(); knocks++) await channel.call("Forward", { envelope });
}

const EMPTY = "google.protobuf.Empty";

function firstText(message: Buffer): string | undefined {
  return lengthDelimited(message, 1)?.toString();
}

/** The first length-delimited field with that number, in a protobuf message whose earlier fields are of that type too. */
export function lengthDelimited(message: Buffer, fieldNumber: number): Buffer | undefined {
  let at = 0;
  while (at < message.length) {
    const tag = message[at++]!;
    if ((tag & 7) !== 2) return undefined;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++];
      if (byte === undefined || shift > 28) return undefined;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (tag >> 3 === fieldNumber) return message.subarray(at, at + length);
    at += length;
  }
  return undefined;
}
