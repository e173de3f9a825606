import { statSync } from "node:fs";
import { errorMessage } from "../../base/assert.ts";
import type { Logger } from "../../base/log.ts";
import { ensurePki, type Pki, type PkiOptions } from "./ensure-pki.ts";

/** The PKI as it is now: certificates are renewed while the program runs, and what others change in the directory counts. */
export interface KeptPki {
  current(): Pki;
  /**
   * Calls back after each change, one listener after the other. One that fails is logged and called again with the next look.
   * Answers how to listen no more.
   */
  onChange(listener: (pki: Pki) => void | Promise<void>): () => void;
  /** Calls all listeners: what they go by besides the keys has changed. */
  tellAgain(): void;
  /** Looks now, and waits until all listeners have seen what is new. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** How soon what others write (`wherry certs`) counts. */
const GLANCE_MS = 2000;
/**
 * How often dates are compared, by the wall clock: a machine that slept for months sees at its next glance that it is late.
 */
const LOOK_MS = 60 * 60 * 1000;

export interface KeepPkiOptions extends PkiOptions {
  readonly log: Logger;
  /** Asked at each look: addresses that this machine has got meanwhile are certified, too. */
  readonly host?: () => { readonly names: readonly string[]; readonly addresses: readonly string[] };
}

export async function keepPki(options: KeepPkiOptions): Promise<KeptPki> {
  const { clock, log, directory } = options;
  const wanted = (): PkiOptions => {
    const { names = [], addresses = [] } = options.host?.() ?? {};
    return { ...options, names: [...options.names, ...names], addresses: [...options.addresses, ...addresses] };
  };
  const listeners = new Map<object, { call(pki: Pki): void | Promise<void>; seen: Pki }>();
  let pki = await ensurePki(wanted());
  let stamp = stampOf(directory);
  let lookedAt = clock.now();
  let work: Promise<void> = Promise.resolve();
  let isStopped = false;
  let timer = clock.setTimer(glance, GLANCE_MS);

  function glance(): void {
    const due = Math.abs(clock.now() - lookedAt) >= LOOK_MS || stampOf(directory) !== stamp;
    const isBehind = [...listeners.values()].some(({ seen }) => seen !== pki);
    const then = due || isBehind ? look() : Promise.resolve();
    void then.finally(() => {
      if (!isStopped) timer = clock.setTimer(glance, GLANCE_MS);
    });
  }

  function look(): Promise<void> {
    work = work.then(async () => {
      if (isStopped) return;
      await refresh();
      await tell();
    });
    return work;
  }

  async function refresh(): Promise<void> {
    try {
      lookedAt = clock.now();
      const next = await ensurePki(wanted());
      stamp = stampOf(directory);
      if (isSame(next, pki)) return;
      pki = next;
      log.info("certificates or keys have changed", { written: next.written.length });
    } catch (error) {
      log.error("the certificates cannot be kept up to date; those of before stay in use", { error });
    }
  }

  async function tell(): Promise<void> {
    for (const listener of listeners.values()) {
      if (listener.seen === pki) continue;
      try {
        await listener.call(pki);
        listener.seen = pki;
      } catch (error) {
        log.warn("new certificates are not in use everywhere yet", { error: errorMessage(error) });
      }
    }
  }

  return {
    current: () => pki,
    onChange(listener) {
      const token = {};
      listeners.set(token, { call: listener, seen: pki });
      return () => void listeners.delete(token);
    },
    tellAgain() {
      pki = { ...pki };
      void look();
    },
    look,
    async stop() {
      isStopped = true;
      timer.cancel();
      await work;
    },
  };
}

/** Every file is replaced by renaming, which its directory shows. */
function stampOf(directory: string): string {
  const { mtimeMs, ino } = statSync(directory, { throwIfNoEntry: false }) ?? { mtimeMs: 0, ino: 0 };
  return `${ino}:${mtimeMs}`;
}

function isSame(one: Pki, two: Pki): boolean {
  return JSON.stringify({ ...one, written: [] }) === JSON.stringify({ ...two, written: [] });
}
