import type { ServiceAccountTokens } from "./tokens.ts";

/** For nodes whose containers do not really run: nobody would read a token, so none is asked for. */
export const noTokens: ServiceAccountTokens = {
  token: async () => "",
  forget: () => {},
};
