import { invariant } from "../../base/assert.ts";

/**
 * Work on a whole object, step by step: between two steps others may have their turn, and what somebody else must answer
 * (a conversion) is waited for. Each step yields nothing, or what is to be waited for.
 */
export type Steps<T> = Generator<Promise<unknown> | undefined, T, unknown>;

/** What a step needs, whether or not it is there at once. */
export function* settled<T>(value: T | Promise<T>): Steps<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Without a rest, where nothing has to be waited for. */
export function allAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    invariant(value === undefined, "what needs an answer is not done at once");
  }
}

/** `rest` is awaited between the steps. */
export async function stepByStep<T>(steps: Steps<T>, rest?: () => Promise<unknown>): Promise<T> {
  let step = steps.next();
  while (step.done !== true) {
    if (step.value === undefined) {
      await rest?.();
      step = steps.next();
    } else {
      step = await step.value.then(
        (answer) => steps.next(answer),
        (error: unknown) => steps.throw(error),
      );
    }
  }
  return step.value;
}
