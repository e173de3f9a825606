import { RuntimeError } from "../runtime.ts";

/** Makes a call idempotent: what is not there is gone already. */
export async function ignoreNotFound(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== "NotFound") throw error;
  }
}
