/**
 * So many requests of one reconcile are under way at once. More would only wait before the API server's door, each with all that
 * it holds, and in front of those who come for what is done already.
 */
const AT_ONCE = 32;

/** `Promise.allSettled` of that many calls, a few at a time, begun in order. */
export async function settleAll(
  count: number,
  call: (index: number) => Promise<unknown>,
): Promise<{ done: number; error?: unknown }> {
  let next = 0;
  let done = 0;
  const errors: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < count) {
      try {
        await call(next++);
        done++;
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, AT_ONCE) }, lane));
  return errors.length === 0 ? { done } : { done, error: errors[0] };
}
