import { rm } from "node:fs/promises";
export async function cleanUp(options: { dataDirectory: string; deleteData: boolean }): Promise<void> {
  if (options.deleteData) await rm(options.dataDirectory, { recursive: true, force: true });
}
