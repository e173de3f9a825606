import { readWords } from "../../scripts/long-mode.ts";
import { withPki } from "./edge-door.ts";
import { type Failure, PART_REQUESTS, runPart } from "./run.ts";

/** One part in so many goes over the real edge. */
const EDGE_EVERY = 10;
const SHOWN_FAILURES = 40;

const { requests, seed, edge } = readWords({
  usage: `Usage: npm run fuzz -- [--requests N] [--seed N] [--edge]

Sends generated requests to the API server, in process and over its real edge, and checks each answer: no 5xx, a Status that
says what is wrong, no long turn of the event loop. Every part has a seed, which is printed when something is wrong.

  --requests N   so many (default 200000)
  --seed N       the first part's seed (default: by chance); with --requests 1000 just that part again
  --edge         all of them over TLS (default: one part in ten)`,
  numbers: { requests: "200000", seed: "" },
  flags: ["edge"],
});
const wanted = Number(requests);
const firstSeed = seed === "" ? (process.pid * 7919 + Math.floor(performance.timeOrigin)) % 2 ** 31 : Number(seed);
const found = new Map<string, { failure: Failure; times: number }>();
const codes = new Map<number, number>();
let sent = 0;
let busyMaxMs = 0;

await withPki(async (pki) => {
  for (let part = 0; sent < wanted; part++) {
    const isEdge = edge || (seed === "" && part % EDGE_EVERY === EDGE_EVERY - 1);
    const count = Math.min(PART_REQUESTS, wanted - sent);
    const result = await runPart(firstSeed + part, count, isEdge ? { pki } : undefined);
    sent += result.sent;
    busyMaxMs = Math.max(busyMaxMs, result.busyMaxMs);
    for (const [code, times] of result.codes) codes.set(code, (codes.get(code) ?? 0) + times);
    for (const failure of result.failures) note(failure, isEdge);
    if (part % 10 === 9)
      console.log(`${sent} requests, ${found.size} kinds of failures, longest turn ${Math.round(busyMaxMs)} ms`);
  }
});

const table = [...codes].sort(([a], [b]) => a - b).map(([code, times]) => `${code}: ${times}`);
console.log(
  `${sent} requests from seed ${firstSeed}; answers ${table.join(", ")}; longest turn ${Math.round(busyMaxMs)} ms`,
);
for (const { failure, times } of found.values())
  if (times > 1) console.log(`${times} times: ${failure.problem.slice(0, 120)}`);
console.log(found.size === 0 ? "no failures" : `${found.size} kinds of failures`);
process.exitCode = found.size === 0 ? 0 : 1;

function note(failure: Failure, isEdge: boolean): void {
  const kind = failure.problem.replaceAll(/\d+|"[^"]*"/g, "#").slice(0, 120);
  const known = found.get(kind);
  if (known !== undefined) {
    known.times++;
    return;
  }
  found.set(kind, { failure, times: 1 });
  if (found.size > SHOWN_FAILURES) return;
  const { request, problem, index } = failure;
  console.log(`seed ${failure.seed}, request ${index}${isEdge ? " over the edge" : ""}: ${problem}`);
  console.log(`  ${request.method} ${request.url.slice(0, 300)} ${JSON.stringify(request.headers)}`);
  if (request.body.length > 0) console.log(`  ${request.body.toString().slice(0, 600)}`);
}
