/**
 * What stored values become before a cache shows them, in order and one for one: the same bytes where nothing is to do.
 * Values come stamped and stay as they are; what comes out is stamped with the same revision. Answers at once where it can.
 * @throws StatusError (or rejects) when an object cannot be read; then none of them is shown
 */
export type EntryReader = (
  values: readonly { readonly value: Buffer; readonly revision: number }[],
) => readonly Buffer[] | Promise<readonly Buffer[]>;
