/**
 * Goes on with an answer: at once where it is there, which it mostly is, and else when it has come. A promise for each step costs more
 * than what most steps do.
 *
 * @throws what `goOn` throws where the answer is there; else that is what the promise rejects with
 */
export function atOnce<T, R>(answer: T | Promise<T>, goOn: (answer: T) => R | Promise<R>): R | Promise<R> {
  return answer instanceof Promise ? answer.then(goOn) : goOn(answer);
}
