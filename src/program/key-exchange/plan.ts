import type { EncryptionPhase } from "./encryption-exchange.ts";
import type { CurrentKeys, Records } from "./records.ts";

/** What one server knows of itself. */
export interface OwnKeys extends CurrentKeys {
  readonly id: string;
  /** Generations whose common secret it remembers. */
  readonly remembers: ReadonlySet<number>;
  readonly rotation: string | undefined;
  readonly encryption: EncryptionPhase | undefined;
}

export type Step =
  /** Take over the files in the box that lies there. */
  | { readonly kind: "adopt" }
  /** Say that all are to have what is here. */
  | { readonly kind: "announce"; readonly generation: number }
  /** Give these servers what is here. */
  | { readonly kind: "seal"; readonly servers: readonly string[] }
  | { readonly kind: "rotation"; readonly phase: "switch" | "finish" }
  | { readonly kind: "encryption"; readonly from: "begin" | "spread" }
  /** Secrets may be written anew and the old key forgotten: all servers write with the new one. */
  | { readonly kind: "rewrite" };

/** What is to be done next; undefined when nothing is, or others have to move first. */
export function nextStep(own: OwnKeys, records: Records): Step | undefined {
  const { current, servers, boxes } = records;
  if (current === undefined) return { kind: "announce", generation: own.generation };
  if (own.generation < current.generation) {
    const box = boxes.get(own.id);
    const fits = box?.from === own.generation && box.generation === current.generation;
    return fits ? { kind: "adopt" } : undefined;
  }
  // etcd as it was before: what the servers have counts.
  if (own.generation > current.generation) return { kind: "announce", generation: own.generation };
  if (own.digest !== current.digest) return { kind: "announce", generation: own.generation + 1 };
  if (!leads(own.id, records)) return undefined;
  const waiting = [...servers.values()].filter(({ id, generation }) => {
    const box = boxes.get(id);
    const hasBox = box?.from === generation && box.generation === current.generation;
    return generation < current.generation && own.remembers.has(generation) && !hasBox;
  });
  if (waiting.length > 0) return { kind: "seal", servers: waiting.map(({ id }) => id) };
  return advance(own, records);
}

function advance({ rotation, encryption }: OwnKeys, records: Records): Step | undefined {
  if (behind(records, "alive").length > 0) return undefined;
  if (rotation === "prepared") return { kind: "rotation", phase: "switch" };
  if (rotation === "finishing") return { kind: "rotation", phase: "finish" };
  if (encryption === "begin" || encryption === "spread") return { kind: "encryption", from: encryption };
  // A server that is away may come back and go on writing with the old key: it must have followed, too.
  if (encryption === "written" && behind(records, "all").length === 0) return { kind: "rewrite" };
  return undefined;
}

/** Of the living servers that have followed, the one with the least id takes the steps that are everybody's. */
function leads(id: string, records: Records): boolean {
  const late = new Set(behind(records, "all"));
  const able = [...records.servers.keys()].filter((each) => records.alive.has(each) && !late.has(each));
  return able.sort()[0] === id;
}

/** Servers that do not use what all are to have. */
export function behind({ servers, alive, current }: Records, among: "alive" | "all"): string[] {
  return [...servers.values()]
    .filter(({ id }) => among === "all" || alive.has(id))
    .filter(({ generation, digest }) => generation !== current?.generation || digest !== current.digest)
    .map(({ id }) => id);
}
