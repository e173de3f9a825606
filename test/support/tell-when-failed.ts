interface FinishedTest {
  readonly passed: boolean;
  diagnostic(text: string): void;
}

/** For afterEach: prints what explains a failure, when the test has failed. */
export async function tellWhenFailed(context: unknown, explain: () => Promise<string>): Promise<void> {
  const test = context as FinishedTest;
  // As a method of its test, or it throws; and what is thrown after a test that has failed is told nobody.
  if (!test.passed) test.diagnostic(await explain());
}
