import type { Clock } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { RunState } from "../run-state.ts";
import type { Asked, Question } from "./ask.ts";
import type { SecurityFinding } from "./finding.ts";

/** One check, as data and a look at the cluster. It changes nothing that stays. */
export interface SecurityCheck {
  readonly id: string;
  readonly title: string;
  /** What to do when it fails, or how a person decides it. */
  readonly remedy: string;
  look(cluster: LookedAt): Promise<Outcome> | Outcome;
}

export type Outcome = Pick<SecurityFinding, "result" | "seen">;

/** A running cluster, with all that the checks look through. */
export interface LookedAt {
  readonly dataDirectory: string;
  readonly state: RunState;
  readonly clock: Clock;
  /** PEM of the authorities that the administrator's kubeconfig trusts. */
  readonly authority: string;
  readonly url: URL;
  /** As the administrator of the kubeconfig. */
  readonly client: Client;
  /** The command line of the process that runs it. */
  readonly commandLine: readonly string[];
  /** One request to the API server, with credentials of the caller's choice. */
  ask(question: Question): Promise<Asked>;
  /** The same as the administrator. */
  askAsAdministrator(question: Question): Promise<Asked>;
  /** The node of this machine, when it has a kubelet with a server. */
  readonly kubelet: { readonly host: string; readonly port: number } | undefined;
  /** A word that nobody else uses, for objects that checks make and remove. */
  readonly token: string;
}

export const passed = (seen: string): Outcome => ({ result: "PASS", seen });
export const failed = (seen: string): Outcome => ({ result: "FAIL", seen });
export const undecided = (seen: string): Outcome => ({ result: "WARN", seen });
export const notHere = (seen: string): Outcome => ({ result: "SKIP", seen });

/** PASS or FAIL by what was seen. */
export function decide(isWell: boolean, seen: string): Outcome {
  return isWell ? passed(seen) : failed(seen);
}

/** A check that only a person can make. */
export function manual(id: string, title: string, remedy: string): SecurityCheck {
  return { id, title, remedy, look: () => undecided("a person decides this") };
}

/** A check about something that this cluster does not have. */
export function absent(id: string, title: string, why: string): SecurityCheck {
  return { id, title, remedy: "", look: () => notHere(why) };
}
