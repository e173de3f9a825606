import { X509Certificate } from "node:crypto";
import { configMaps } from "../api/generated/resources.ts";
import { StatusError } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import { writeKubeconfig } from "../bootstrap/kubeconfig.ts";
import type { CertificatePair } from "../bootstrap/pki/ensure-pki.ts";
import type { FollowedKubeconfig } from "../client/access-source.ts";
import { Client } from "../client/client.ts";
import { createHttpTransport } from "../client/http-transport.ts";
import type { Environment } from "./environment.ts";
import { authorityOnly } from "./http-door.ts";
import { CLIENT_CERTIFICATE, requestCertificate, SERVING_CERTIFICATE } from "./join-access.ts";
import type { KubeletServing } from "./node-kubelet.ts";
import type { Started } from "./stop.ts";

/** A node's certificates on a machine that has no authority: asked for, and asked for again in time. */
export interface AgentCertificates extends Started {
  /** What the kubelet's own server shows now, and whose clients may ask it. */
  serving(): KubeletServing;
  onChange(listener: (serving: KubeletServing) => void): void;
}

export interface AgentCertificateOptions {
  /** File of the node's own way in; it is written anew with each certificate. */
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly address: string;
  /** The secret by which the machine joined: the way back when its certificate counts no more. */
  readonly joinSecret: string;
  readonly environment: Pick<Environment, "clock" | "random" | "log">;
}

/** Looks so often, by the wall clock: a machine that slept sees at once that it is late. */
const LOOK_MS = 5 * 60_000;
/** A certificate is renewed when so much of its life is over, each node at its own moment (client-go's certificate manager). */
const RENEW_FROM = 0.7;
const RENEW_WITHIN = 0.2;

/** @throws CommandError when the cluster gives no serving certificate */
export async function openAgentCertificates(
  source: FollowedKubeconfig,
  options: AgentCertificateOptions,
): Promise<AgentCertificates> {
  const { clock, random } = options.environment;
  const log = options.environment.log.named("certificates");
  const { server, tlsServerName } = source.current();
  const client = new Client(
    createHttpTransport({ server, tlsServerName, follow: source, clock, userAgent: "kubelet" }),
  );
  const names = { nodeName: options.nodeName, names: [options.nodeName], addresses: [options.address] };
  const listeners: ((serving: KubeletServing) => void)[] = [];
  const fraction = RENEW_FROM + random.fraction() * RENEW_WITHIN;
  const ask = (): Promise<CertificatePair> => requestCertificate(client, { ...SERVING_CERTIFICATE, ...names }, clock);
  let pair = await ask();
  let isStopped = false;
  let timer = clock.setTimer(look, LOOK_MS);

  const authority = (): string => source.current().certificateAuthority ?? "";
  const serving = (): KubeletServing => ({ serving: pair, clientAuthority: authority() });

  function look(): void {
    work()
      .catch((error: unknown) => {
        log.warn("certificates could not be looked after; it is tried again", { error: errorMessage(error) });
      })
      .finally(() => {
        if (!isStopped) timer = clock.setTimer(look, LOOK_MS);
      });
  }

  async function work(): Promise<void> {
    const before = authority();
    await learnAuthority().catch(async (error: unknown) => {
      if (!(error instanceof StatusError) || error.status.code !== 401) throw error;
      await joinAgain();
      await learnAuthority();
    });
    const due = (pem: string): boolean => isDue(pem, { fraction, authority: authority(), nowMs: clock.now() });
    if (due(source.current().clientCertificate ?? "")) {
      const wanted = { ...CLIENT_CERTIFICATE, nodeName: options.nodeName };
      await enterWith(await requestCertificate(client, wanted, clock), authority());
      log.info("the node has another client certificate");
    }
    const isServingDue = due(pair.certificate);
    if (isServingDue) pair = await ask();
    if (isServingDue || authority() !== before) for (const listener of listeners) listener(serving());
  }

  /** For a machine that slept through an exchange of the authorities, or longer than its certificate held. */
  async function joinAgain(): Promise<void> {
    log.info("the node's certificate counts no more; another one is asked for by the token");
    const transport = createHttpTransport({
      ...{
        server,
        tlsServerName,
        follow: authorityOnly(source),
        token: () => options.joinSecret,
        clock,
        userAgent: "kubelet",
      },
    });
    try {
      const wanted = { ...CLIENT_CERTIFICATE, nodeName: options.nodeName };
      await enterWith(await requestCertificate(new Client(transport), wanted, clock), authority());
    } finally {
      await transport.close();
    }
  }

  /** The cluster publishes what is to be trusted; what comes over a connection that is trusted counts. */
  async function learnAuthority(): Promise<void> {
    const { data } = await client.get(configMaps, { namespace: "kube-public", name: "kube-root-ca.crt" });
    const published = data?.["ca.crt"] ?? "";
    if (published === "" || published === authority()) return;
    const { clientCertificate = "", clientKey = "" } = source.current();
    await enterWith({ certificate: clientCertificate, key: clientKey }, published);
    log.info("the cluster has other authorities");
  }

  async function enterWith(credentials: CertificatePair, certificateAuthority: string): Promise<void> {
    const to = { server, tlsServerName, certificateAuthority };
    writeKubeconfig(options.kubeconfig, { ...to, user: "system:node", credentials });
    await source.look();
  }

  return {
    serving,
    onChange: (listener) => void listeners.push(listener),
    async stop() {
      isStopped = true;
      timer.cancel();
      await client.transport.close();
    },
  };
}

/** Whether a certificate has lived through that part of its life, or is not of the authority that signs now (the first one). */
export function isDue(pem: string, by: { fraction: number; authority: string; nowMs: number }): boolean {
  const certificate = new X509Certificate(pem);
  const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (by.nowMs < from || by.nowMs > from + (until - from) * by.fraction) return true;
  return !certificate.verify(new X509Certificate(by.authority).publicKey);
}
