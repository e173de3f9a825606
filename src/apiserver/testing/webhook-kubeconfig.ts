import { writeFileSync } from "node:fs";

/** Writes a webhook's configuration file for a server on loopback. */
export function writeWebhookKubeconfig(file: string, to: { url: string; authorities: string }): void {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "hook",
        cluster: { server: to.url, "certificate-authority-data": Buffer.from(to.authorities).toString("base64") },
      },
    ],
    users: [{ name: "apiserver", user: { token: "who-i-am" } }],
    contexts: [{ name: "hook", context: { cluster: "hook", user: "apiserver" } }],
    "current-context": "hook",
  };
  writeFileSync(file, JSON.stringify(config));
}
