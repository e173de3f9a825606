import { createPublicKey } from "node:crypto";
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { issueAuthority, issueCrossCertificate, newKeyPem } from "./authority.ts";
import { readText, syncDirectory, writePrivate } from "./pki-files.ts";
import type { PkiSession } from "./session.ts";

/**
 * How far an exchange of the authorities and the token key is. What `begin` and `finish` ask for is done by whoever next
 * ensures the PKI; each step can be repeated, so that a crash between any two files costs nothing.
 *
 * - begin: new keys are made beside the old ones.
 * - prepared: only where several servers share the keys: everybody trusts the new ones, and nobody uses them. Whoever keeps
 *   the servers together goes on from here when all have come so far.
 * - switch: the new ones take the old ones' place; the old certificates stay as `-old`.
 * - overlap: everything is issued by the new ones, and both are trusted. The new authority is also certified by the old one
 *   (`-cross`): who knows only the old one (a pod that has read its CA once) verifies what the new one issues.
 * - finishing: as prepared: all are asked whether they have come as far as `overlap`.
 * - finish: the old ones are forgotten.
 */
export interface Rotation {
  readonly phase: RotationPhase;
  /** Whether other servers have the same keys, and are waited for. */
  readonly isShared?: boolean;
  /** RFC 3339. */
  readonly since: string;
}

const PHASES = ["begin", "prepared", "switch", "overlap", "finishing", "finish"] as const;
export type RotationPhase = (typeof PHASES)[number];

const ROTATION_FILE = "rotation.json";
export const AUTHORITIES = [
  { file: "ca", commonName: "kubernetes" },
  { file: "front-proxy-ca", commonName: "front-proxy-ca" },
] as const;

const DAY_MS = 24 * 60 * 60 * 1000;
/** Then an exchange that nobody finished finishes itself. */
const OVERLAP_MS = 30 * DAY_MS;

export function readRotation(directory: string): Rotation | undefined {
  const text = readText(directory, ROTATION_FILE);
  if (text === undefined) return undefined;
  try {
    const { phase, since, isShared } = JSON.parse(text) as Partial<Rotation>;
    if (phase !== undefined && PHASES.includes(phase) && since)
      return { phase, since, ...(isShared === true ? { isShared } : {}) };
  } catch {
    // Told below: whatever is wrong with the file, the answer is the same.
  }
  throw new Error(`${join(directory, ROTATION_FILE)} is damaged: remove it if no exchange of authorities is under way`);
}

export function writeRotation(directory: string, rotation: Rotation): void {
  writePrivate(join(directory, ROTATION_FILE), `${JSON.stringify(rotation)}\n`, true);
  syncDirectory(directory);
}

/** Carries out what an exchange under way asks for. */
export function advanceRotation(session: PkiSession): void {
  const { directory, clock } = session;
  let rotation = readRotation(directory);
  if (rotation === undefined) return;
  const of = rotation;
  const enter = (phase: RotationPhase): void => {
    rotation = { ...of, phase };
    writeRotation(directory, rotation);
  };
  if (rotation.phase === "begin") {
    prepare(session);
    enter(of.isShared === true ? "prepared" : "switch");
  }
  if (rotation.phase === "switch") {
    replace(session);
    enter("overlap");
  }
  if (rotation.phase === "overlap" && clock.now() - Date.parse(of.since) > OVERLAP_MS) {
    enter(of.isShared === true ? "finishing" : "finish");
  }
  if (rotation.phase === "finish") {
    for (const { file } of AUTHORITIES) remove(directory, `${file}-old.crt`);
    remove(directory, "sa-old.pub");
    syncDirectory(directory);
    remove(directory, ROTATION_FILE);
    syncDirectory(directory);
  }
}

function prepare(session: PkiSession): void {
  const { directory } = session;
  for (const { file, commonName } of AUTHORITIES) {
    const key = readText(directory, `${file}.key`);
    const certificate = readText(directory, `${file}.crt`);
    if (key === undefined || certificate === undefined) {
      throw new Error(`the authorities cannot be exchanged: ${join(directory, `${file}.key`)} is missing`);
    }
    const next = makeKey(session, `${file}-next.key`);
    put(session, `${file}-old.crt`, certificate);
    put(session, `${file}-next.crt`, issueAuthority({ commonName, key: next }, session));
    const cross = { commonName, publicKey: createPublicKey(next) };
    put(session, `${file}-cross.crt`, issueCrossCertificate(cross, { key, certificate }, session));
  }
  makeKey(session, "sa-next.key");
  const publicKey = readText(directory, "sa.pub");
  if (publicKey !== undefined) put(session, "sa-old.pub", publicKey);
  syncDirectory(directory);
}

function replace(session: PkiSession): void {
  const { directory } = session;
  for (const file of [...AUTHORITIES.map(({ file }) => file), "sa"]) {
    for (const ending of ["key", "crt"]) {
      const next = readText(directory, `${file}-next.${ending}`);
      if (next !== undefined) put(session, `${file}.${ending}`, next);
    }
    syncDirectory(directory);
    // The certificate first: while the key is there, the pair can be put in place again.
    remove(directory, `${file}-next.crt`);
    remove(directory, `${file}-next.key`);
  }
  syncDirectory(directory);
}

/** Made once; an interrupted beginning goes on with the one that is there. */
function makeKey(session: PkiSession, file: string): string {
  const stored = readText(session.directory, file);
  if (stored !== undefined) return stored;
  const pem = newKeyPem();
  put(session, file, pem);
  return pem;
}

function put(session: PkiSession, file: string, text: string): void {
  writePrivate(join(session.directory, file), text, true);
  session.written.push(join(session.directory, file));
}

function remove(directory: string, file: string): void {
  try {
    unlinkSync(join(directory, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
