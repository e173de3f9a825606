import { isNotFound } from "../api/status.ts";

/** The answer; undefined where it is that the object is not there. @throws StatusError of any other kind */
export async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
