import { type Channel, openChannel } from "../grpc/channel.ts";
import type { ContainerEvent } from "../state.ts";

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

const TOPICS: Readonly<Record<string, ContainerEvent["type"]>> = {
  "/tasks/start": "started",
  "/tasks/exit": "stopped",
  // Published after CRI has written down how the container ended.
  "/tasks/delete": "stopped",
};

/** Follows containerd's events about containers of CRI until the signal aborts. */
export async function* containerdEvents(socket: string, signal: AbortSignal): AsyncGenerator<ContainerEvent> {
  const channel: Channel = await openChannel({
    target: `unix:${socket}`,
    descriptor: DESCRIPTOR,
    service: "containerd.services.events.v1.Events",
  });
  try {
    const filters = Object.keys(TOPICS).map((topic) => `namespace==k8s.io,topic=="${topic}"`);
    type Envelope = { topic: string; event: Buffer };
    for await (const { topic, event } of channel.stream<Envelope>("Subscribe", { filters }, signal)) {
      const type = TOPICS[topic];
      const containerId = firstText(lengthDelimited(event, 2) ?? Buffer.alloc(0));
      if (type !== undefined && containerId !== undefined) yield { containerId, type };
    }
  } finally {
    channel.close();
  }
}

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
