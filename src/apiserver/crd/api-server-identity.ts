import type { UserInfo } from "../authn/authenticator.ts";

/** As whom the API server itself writes. */
export const API_SERVER: UserInfo = { name: "system:apiserver", groups: ["system:masters"] };
