import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

/**
 * The long mode of the store's crash and consistency tests: `npm run consistency -- --rounds 200 [--seed N]`. A failure names
 * the seed that it is played again with.
 */
const { values } = parseArgs({ options: { rounds: { type: "string", default: "200" }, seed: { type: "string" } } });
if (!/^[1-9]\d*$/.test(values.rounds) || !/^\d*$/.test(values.seed ?? "")) {
  console.error("--rounds and --seed are numbers");
  process.exit(2);
}
const files = [
  "src/store/consistency/*.test.ts",
  "src/store/embedded/crash/crash.test.ts",
  "test/store/etcd-consistency.test.ts",
];
const env = {
  ...process.env,
  WHERRY_CONSISTENCY_ROUNDS: values.rounds,
  WHERRY_CRASH_ROUNDS: values.rounds,
  ...(values.seed === undefined ? {} : { WHERRY_CONSISTENCY_SEED: values.seed, WHERRY_CRASH_SEED: values.seed }),
};
const words = ["--test", "--test-concurrency=1", ...files];
process.exitCode = spawnSync(process.execPath, words, { stdio: "inherit", env }).status ?? 1;
