import type { VolumeFiles } from "./files.ts";

/** For nodes whose containers do not really run: nothing is written anywhere. */
export const noFiles: VolumeFiles = {
  keepsNothing: true,
  makeDirectory: async () => {},
  writePayload: async () => {},
  writeFile: async () => {},
  readTail: async () => undefined,
  mountMemory: async () => {},
  prepareHostPath: async () => {},
  bindSubPath: async (volumePath, subPath) => `${volumePath}/${subPath}`,
  remove: async () => {},
  list: async () => [],
};
