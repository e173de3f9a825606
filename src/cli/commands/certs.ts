import type { CertificateRow, RotationState } from "../cluster-keys.ts";
import { type Command, CommandError, type ExitCode, type Invocation } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption, outputOption, text, wantsJson } from "../defaults.ts";
import { readRunState } from "../run-state.ts";
import { tableText } from "../table-text.ts";
import { untilAllFollow } from "../wish.ts";

export const certsCommand: Command = {
  name: "certs",
  summary: "list the cluster's certificates, renew them, exchange their authorities",
  usage: "certs [list|renew|rotate|servers] [options]",
  actions: {
    list: "what there is, and until when it holds (the default)",
    renew: "make all certificates anew now; they also renew themselves in time",
    rotate: "exchange the authorities and the key of service account tokens; both old and new count until --finish",
    servers: "which servers share these keys, and which have not followed an exchange yet",
  },
  options: {
    "data-dir": dataDirectoryOption,
    finish: { type: "boolean", description: "with rotate: forget the old authorities (else after 30 days)" },
    forget: { type: "string", value: "NAME", description: "with servers: do not wait for this one any more" },
    output: outputOption,
  },
  examples: ["wherry certs", "wherry certs rotate", "wherry certs rotate --finish"],
  async run(invocation: Invocation): Promise<ExitCode> {
    const action = invocation.parameters[0] ?? "list";
    if (invocation.options.finish === true && action !== "rotate") {
      throw new CommandError("--finish belongs to wherry certs rotate", 2);
    }
    if (invocation.options.forget !== undefined && action !== "servers") {
      throw new CommandError("--forget belongs to wherry certs servers", 2);
    }
    if (action === "servers") await servers(invocation);
    else if (action === "renew") await renew(invocation);
    else if (action === "rotate") await rotate(invocation);
    else await list(invocation);
    return 0;
  },
};

const DAY_MS = 24 * 60 * 60 * 1000;

async function list(invocation: Invocation): Promise<void> {
  const { program, terminal } = invocation;
  const dataDirectory = dataDirectoryOf(invocation);
  const certificates = await program.keys.certificates(dataDirectory);
  const rotation = await program.keys.rotation(dataDirectory);
  if (wantsJson(invocation)) {
    terminal.print(JSON.stringify({ certificates, ...(rotation === undefined ? {} : { rotation }) }, null, 2));
    return;
  }
  const rows = certificates.map(({ name, subject, authority, until, remainingMs }: CertificateRow) => [
    name,
    subject,
    authority.replace(/^CN=/, ""),
    `${until.slice(0, 16).replace("T", " ")} UTC`,
    remaining(remainingMs),
  ]);
  terminal.print(tableText(["CERTIFICATE", "SUBJECT", "SIGNED BY", "EXPIRES", "REMAINING"], rows));
  if (rotation !== undefined) terminal.print(`\n${rotationText(rotation)}`);
}

function remaining(milliseconds: number): string {
  if (milliseconds <= 0) return "expired";
  const days = Math.floor(milliseconds / DAY_MS);
  return days >= 2 * 365 ? `${Math.floor(days / 365)} years` : days >= 1 ? `${days} days` : "less than a day";
}

function rotationText({ phase, since }: RotationState): string {
  if (phase === "prepared" || phase === "finishing") {
    return `An exchange of the authorities (begun ${since}) waits until all servers have followed: wherry certs servers`;
  }
  return phase === "overlap"
    ? `The authorities were exchanged (begun ${since}); the old ones are trusted too until: wherry certs rotate --finish`
    : `An exchange of the authorities was asked for at ${since} and is not carried out yet.`;
}

async function servers(invocation: Invocation): Promise<void> {
  const { program, terminal } = invocation;
  const dataDirectory = dataDirectoryOf(invocation);
  const forgotten = text(invocation, "forget");
  if (forgotten !== undefined) {
    await program.keys.forgetServer(dataDirectory, forgotten);
    const isDone = async (): Promise<boolean> =>
      (await program.keys.servers(dataDirectory)).every(({ name }) => name !== forgotten);
    await fulfil(invocation, { isDone, done: `Nobody waits for ${forgotten} any more.` });
    return;
  }
  const rows = await program.keys.servers(dataDirectory);
  if (wantsJson(invocation)) terminal.print(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) terminal.say("This server is the only one of its cluster.");
  else {
    const cells = rows.map(({ name, isThis, isRunning, hasCurrentKeys }) => [
      isThis ? `${name} (this one)` : name,
      isRunning ? "yes" : "no",
      hasCurrentKeys ? "current" : isRunning ? "follows" : "of before",
    ]);
    terminal.print(tableText(["SERVER", "RUNS", "KEYS"], cells));
  }
}

async function renew(invocation: Invocation): Promise<void> {
  const dataDirectory = dataDirectoryOf(invocation);
  const { keys } = invocation.program;
  const names = await keys.renew(dataDirectory);
  const isDone = async (): Promise<boolean> => {
    const there = new Set((await keys.certificates(dataDirectory)).map(({ name }) => name));
    return names.every((name) => there.has(name));
  };
  await fulfil(invocation, { isDone, done: `${names.length} certificates were made anew and are in use.` });
}

async function rotate(invocation: Invocation): Promise<void> {
  const dataDirectory = dataDirectoryOf(invocation);
  const { keys } = invocation.program;
  if (invocation.options.finish === true) {
    await keys.finishRotation(dataDirectory);
    const isDone = async (): Promise<boolean> => (await keys.rotation(dataDirectory)) === undefined;
    await fulfil(invocation, { isDone, done: "The old authorities and the old token key count no more." });
    return;
  }
  await keys.beginRotation(dataDirectory);
  const isDone = async (): Promise<boolean> => (await keys.rotation(dataDirectory))?.phase === "overlap";
  await fulfil(invocation, {
    isDone,
    done: [
      "New authorities and a new token key are in use; the old ones are trusted too.",
      "Copies of the kubeconfig that people took still work: hand out the new one, then run",
      "  wherry certs rotate --finish",
    ].join("\n"),
  });
}

async function fulfil(invocation: Invocation, wish: { isDone(): Promise<boolean>; done: string }): Promise<void> {
  const { terminal } = invocation;
  if (readRunState(dataDirectoryOf(invocation)) === undefined) {
    terminal.say("No cluster runs here: it is done when it next starts.");
    return;
  }
  await untilAllFollow(invocation, wish.isDone);
  terminal.say(wish.done);
}
