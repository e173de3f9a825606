import assert from "node:assert/strict";
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import type { ContainerLog } from "../../handle.ts";
import { LineSplitter, parseCriLine } from "./cri-line.ts";
import { type LogOptions, logOptions } from "./options.ts";
import { readLog } from "./read-log.ts";

const directory = await mkdtemp(join(tmpdir(), "wherry-logs-"));
after(() => rm(directory, { recursive: true }));

const everything: LogOptions = { follow: false, previous: false, timestamps: false };
let files = 0;

function line(second: number, text: string, tags = "F", stream = "stdout"): string {
  return `2026-11-21T09:00:${String(second).padStart(2, "0")}.5Z ${stream} ${tags} ${text}\n`;
}

async function logWith(text: string): Promise<{ log: ContainerLog; exit(): void }> {
  const path = join(directory, String(files++), "0.log");
  await import("node:fs/promises").then((fs) => fs.mkdir(join(path, ".."), { recursive: true }));
  if (text !== "") await writeFile(path, text);
  let exit = (): void => {};
  const exited = new Promise<void>((resolve) => {
    exit = resolve;
  });
  return { log: { path, containerId: "c", running: true, exited }, exit: () => exit() };
}

async function read(log: ContainerLog, options: Partial<LogOptions> = {}): Promise<string> {
  const context = { clock: systemClock, signal: new AbortController().signal };
  const chunks: Buffer[] = [];
  for await (const chunk of readLog(log, { ...everything, ...options }, context)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const three = line(1, "one") + line(2, "two", "F", "stderr") + line(3, "three");
const selections: [name: string, options: Partial<LogOptions>, text: string][] = [
  ["all of it", {}, "one\ntwo\nthree\n"],
  ["the last lines", { tailLines: 2 }, "two\nthree\n"],
  ["more lines than there are", { tailLines: 9 }, "one\ntwo\nthree\n"],
  ["no lines", { tailLines: 0 }, ""],
  ["bytes up to a limit", { limitBytes: 6 }, "one\ntw"],
  ["lines since a time", { sinceMs: Date.parse("2026-11-21T09:00:02Z") }, "two\nthree\n"],
  ["one stream", { stream: "stderr" }, "two\n"],
  ["with times", { timestamps: true, tailLines: 1 }, "2026-11-21T09:00:03.500000000Z three\n"],
];
for (const [name, options, text] of selections) {
  test(`log: ${name}`, async () => assert.equal(await read((await logWith(three)).log, options), text));
}

test("output that the runtime cut is joined again, with one time", async () => {
  const { log } = await logWith(line(1, "a", "P") + line(2, "b", "P") + line(3, "c") + line(4, "d"));
  assert.equal(await read(log), "abc\nd\n");
  assert.equal(
    await read(log, { timestamps: true }),
    "2026-11-21T09:00:01.500000000Z abc\n2026-11-21T09:00:04.500000000Z d\n",
  );
});

test("lines that are no log lines are left out, and a last line without its end is kept", async () => {
  const { log } = await logWith(`garbage\n${line(1, "")}${line(2, "x").trimEnd()}`);
  assert.equal(await read(log), "\nx");
});

test("a tail is found across blocks, in long files", async () => {
  const { log } = await logWith(Array.from({ length: 20_000 }, (_, index) => line(1, `line ${index}`)).join(""));
  assert.equal(await read(log, { tailLines: 2 }), "line 19998\nline 19999\n");
  assert.equal((await read(log, { tailLines: 15_000 })).split("\n")[0], "line 5000");
});

test("what was rotated away belongs to the log; compressed files do not", async () => {
  const { log } = await logWith(line(5, "new"));
  await writeFile(`${log.path}.20261121-090000`, line(1, "old"));
  await writeFile(`${log.path}.20261121-090001`, line(2, "older") + line(3, "mid"));
  await writeFile(`${log.path}.20261120-090001.gz`, "x");
  assert.equal(await read(log), "old\nolder\nmid\nnew\n");
  assert.equal(await read(log, { tailLines: 2 }), "mid\nnew\n");
  assert.equal(await read(log, { tailLines: 1 }), "new\n");
});

test("a container without a log has an empty one", async () => assert.equal(await read((await logWith("")).log), ""));

/** Reads with follow, and tells each time how much has come. */
function following(log: ContainerLog, options: Partial<LogOptions> = {}) {
  const stopping = new AbortController();
  let text = "";
  const waiting: (() => void)[] = [];
  const done = (async () => {
    const context = { clock: systemClock, signal: stopping.signal };
    for await (const chunk of readLog(log, { ...everything, follow: true, ...options }, context)) {
      text += chunk;
      for (const wake of waiting.splice(0)) wake();
    }
    return text;
  })();
  const until = async (wanted: string): Promise<void> => {
    while (!text.endsWith(wanted)) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { done, until, stop: () => stopping.abort() };
}

test("a followed log ends with its container, and nothing is lost", async () => {
  const { log, exit } = await logWith(line(1, "one"));
  const reader = following(log);
  await reader.until("one\n");
  await appendFile(log.path, line(2, "two"));
  await reader.until("two\n");
  await appendFile(log.path, line(3, "last words"));
  exit();
  assert.equal(await reader.done, "one\ntwo\nlast words\n");
});

test("a followed log goes on after a rotation, also when it is cut off", async () => {
  const { log, exit } = await logWith(line(1, "one"));
  const reader = following(log);
  await reader.until("one\n");
  await appendFile(log.path, line(2, "two"));
  await rename(log.path, `${log.path}.20261121-090000`);
  await writeFile(log.path, line(3, "three"));
  await reader.until("three\n");
  await truncate(log.path, 0);
  await reader.until("three\n");
  exit();
  assert.equal(await reader.done, "one\ntwo\nthree\n");
});

test("a log that does not exist yet can be followed", async () => {
  const { log, exit } = await logWith("");
  const reader = following(log);
  await writeFile(log.path, line(1, "born"));
  await reader.until("born\n");
  exit();
  assert.equal(await reader.done, "born\n");
});

test("following ends with the signal, and with the byte limit", async () => {
  const { log } = await logWith(line(1, "one"));
  const reader = following(log);
  await reader.until("one\n");
  reader.stop();
  assert.equal(await reader.done, "one\n");
  assert.equal(await following(log, { limitBytes: 2 }).done, "on");
});

test("lines however the bytes are cut", () => {
  const splitter = new LineSplitter();
  const lines = ["a", "bc\nd", "\n\n", "e"].flatMap((chunk) => splitter.push(Buffer.from(chunk)).map(String));
  assert.deepEqual([...lines, ...splitter.flush().map(String)], ["abc\n", "d\n", "\n", "e"]);
});

test("tags may grow", () => {
  const parsed = parseCriLine(Buffer.from("2026-01-01T00:00:00Z stderr P:x text\n"));
  assert.deepEqual(
    { ...parsed, text: String(parsed?.text) },
    { time: "2026-01-01T00:00:00Z", stream: "stderr", partial: true, text: "text" },
  );
});

test("options of a query", () => {
  const of = (text: string): LogOptions => logOptions(new URLSearchParams(text), 100_000);
  assert.deepEqual(of("follow=true&tailLines=0&sinceSeconds=5"), {
    ...everything,
    follow: true,
    tailLines: 0,
    sinceMs: 95_000,
  });
  assert.deepEqual(of("timestamps=true&limitBytes=1&stream=All&sinceTime=1970-01-01T00:00:01Z"), {
    ...everything,
    timestamps: true,
    limitBytes: 1,
    sinceMs: 1000,
  });
  for (const bad of [
    "tailLines=-1",
    "limitBytes=0",
    "sinceSeconds=0",
    "tailLines=x",
    "sinceTime=x",
    "stream=x",
    "sinceSeconds=1&sinceTime=1970-01-01T00:00:01Z",
  ]) {
    assert.throws(() => of(bad), { code: 400 }, bad);
  }
});

test("who asks for the last lines gets that many, though the container writes meanwhile", async () => {
  const { log } = await logWith(Array.from({ length: 20_000 }, (_, index) => line(1, `line ${index}`)).join(""));
  const context = { clock: systemClock, signal: new AbortController().signal };
  let text = "";
  for await (const chunk of readLog(log, { ...everything, tailLines: 10_000 }, context)) {
    if (text === "") await appendFile(log.path, line(2, "late"));
    text += chunk.toString();
  }
  assert.equal(text.split("\n").length, 10_001);
  assert.ok(text.endsWith("line 19999\n"), text.slice(-40));
});
