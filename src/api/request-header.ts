import type { RequestHeaderSettings } from "./server-settings.ts";

/** All that the `--requestheader-…` flags say. */
export type RequestHeader = { readonly [K in keyof RequestHeaderSettings]-?: readonly string[] };

/** By kubeadm's names where nothing is said. */
export function completeRequestHeader(settings: RequestHeaderSettings = {}): RequestHeader {
  return {
    allowedNames: settings.allowedNames ?? ["front-proxy-client"],
    usernameHeaders: settings.usernameHeaders ?? ["X-Remote-User"],
    uidHeaders: settings.uidHeaders ?? ["X-Remote-Uid"],
    groupHeaders: settings.groupHeaders ?? ["X-Remote-Group"],
    extraHeaderPrefixes: settings.extraHeaderPrefixes ?? ["X-Remote-Extra-"],
  };
}
