import type { Clock } from "../base/clock.ts";
import { eachInTurns } from "../base/turn-time.ts";
import type { Informer } from "../client/informer.ts";

/** What is wanted of a namespace, and how many items had to be looked at for it. */
export interface Wanted<P> {
  readonly items: readonly P[];
  readonly looks: number;
}

/** Looks at all items of a namespace, which may be very many, in as many turns as that takes. */
export async function wantedInNamespace<P>(
  informer: Informer<P>,
  namespace: string,
  { clock, wants }: { clock: Clock; wants(item: P): boolean },
): Promise<Wanted<P>> {
  const items: P[] = [];
  let looks = 0;
  await eachInTurns(clock, informer.each(namespace), (item) => {
    looks++;
    if (wants(item)) items.push(item);
  });
  return { items, looks };
}
