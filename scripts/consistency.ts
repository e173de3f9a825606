import { spawnSync } from "node:child_process";
import { readWords } from "./long-mode.ts";

const { rounds, seed } = readWords({
  usage: `Usage: npm run consistency -- [--rounds N] [--seed N]

The long mode of the store's tests: histories of many clients under faults are checked on every engine, and a process that
writes is killed and its store opened again. A failure names the seed that it is played again with.

  --rounds N   so many histories and crashes a test (default 200, about half an hour; npm test does 10)
  --seed N     the first round's seed (default: by chance)`,
  numbers: { rounds: "200", seed: "" },
});
const files = [
  "src/store/consistency/*.test.ts",
  "src/store/embedded/crash/crash.test.ts",
  "test/store/etcd-consistency.test.ts",
];
const env = {
  ...process.env,
  WHERRY_CONSISTENCY_ROUNDS: rounds,
  WHERRY_CRASH_ROUNDS: rounds,
  ...(seed === "" ? {} : { WHERRY_CONSISTENCY_SEED: seed, WHERRY_CRASH_SEED: seed }),
};
const words = ["--test", "--test-concurrency=1", ...files];
process.exitCode = spawnSync(process.execPath, words, { stdio: "inherit", env }).status ?? 1;
