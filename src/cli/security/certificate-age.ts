import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decide, type LookedAt, type Outcome } from "./check.ts";

/** Certificates are renewed when a third of their time is left: one with less was forgotten. */
const LEAST_LEFT = 0.25;

export function isRenewed({ clock, dataDirectory }: LookedAt, name: string): Outcome {
  const { validFrom, validTo } = new X509Certificate(readFileSync(join(dataDirectory, "pki", `${name}.crt`)));
  const [from, until] = [Date.parse(validFrom), Date.parse(validTo)];
  const left = (until - clock.now()) / (until - from);
  return decide(left > LEAST_LEFT, `${Math.round(left * 100)} % of its time are left`);
}
