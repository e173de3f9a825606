import type { OpenapiV2Format } from "./v2.ts";

/** Gives the document of a format and hash, built by `build` when it is not there. */
export type OpenapiV2Cache = (format: OpenapiV2Format, hash: string, build: () => Promise<Buffer>) => Promise<Buffer>;

interface Entry {
  readonly hash: string;
  building: Promise<Buffer> | undefined;
  built: WeakRef<Buffer> | undefined;
}

/**
 * All who ask at the same time share one document; it is megabytes large, so the cache does not keep it alive once nobody uses
 * it. A build that fails is forgotten.
 */
export function openapiV2Cache(): OpenapiV2Cache {
  const entries = new Map<OpenapiV2Format, Entry>();
  return async (format, hash, build) => {
    const found = entries.get(format);
    const current = found?.hash === hash ? found : undefined;
    const kept = current?.built?.deref() ?? current?.building;
    if (kept !== undefined) return kept;
    const entry: Entry = { hash, building: build(), built: undefined };
    entries.set(format, entry);
    try {
      const document = await entry.building!;
      entry.built = new WeakRef(document);
      return document;
    } finally {
      entry.building = undefined;
    }
  };
}
