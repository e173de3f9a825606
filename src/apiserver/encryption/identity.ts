import { isEncrypted, type ValueTransformer } from "./transformer.ts";

/** Values as they are. Refuses to take an encrypted value for a plain one. */
export const identityTransformer: ValueTransformer = {
  prefix: "",
  writeIdentity: () => "identity",
  encrypt: (value) => value,
  decrypt(stored) {
    if (isEncrypted(stored)) throw new Error("identity transformer tried to read encrypted data");
    return { value: stored, identity: "identity" };
  },
};
