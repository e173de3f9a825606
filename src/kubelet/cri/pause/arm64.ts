import { assemble, hex, type Line } from "./assemble.ts";

const SIGNAL_SET = "02 40 01 00 00 00 00 00"; // bits 16 (SIGCHLD), 14 (SIGTERM), 1 (SIGINT)

function word(encode: (distance: (label: string) => number) => number): Line {
  return {
    bytes: 4,
    encode: (distance) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(encode(distance) >>> 0);
      return bytes;
    },
  };
}

/** Instructions of A64, encoded as the Arm Architecture Reference Manual gives them. */
const move = (register: number, value: number): Line => word(() => 0xd2800000 | (value << 5) | register);
const moveMinusOne = (register: number): Line => word(() => 0x92800000 | register);
const systemCall: Line = word(() => 0xd4000001);
const compare = (register: number, value: number): Line => word(() => 0x7100001f | (value << 10) | (register << 5));
const address = (register: number, label: string): Line =>
  word((distance) => {
    const offset = distance(label);
    return 0x10000000 | ((offset & 3) << 29) | (((offset >> 2) & 0x7ffff) << 5) | register;
  });
const CONDITIONS = { equal: 0, greater: 12, negative: 4 } as const;
const branchIf = (condition: keyof typeof CONDITIONS, label: string): Line =>
  word((distance) => 0x54000000 | (((distance(label) >> 2) & 0x7ffff) << 5) | CONDITIONS[condition]);
const branch = (label: string): Line => word((distance) => 0x14000000 | ((distance(label) >> 2) & 0x3ffffff));

/** The pause program for arm64 (program.ts says what it does). System call numbers: Linux generic. */
export function pauseArm64(): Buffer {
  return assemble([
    move(0, 0), //               SIG_BLOCK
    address(1, "set"),
    move(2, 0),
    move(3, 8), //               bytes of the set
    move(8, 135), //             rt_sigprocmask
    systemCall,
    { label: "wait" },
    address(0, "set"),
    move(1, 0),
    move(2, 0),
    move(3, 8),
    move(8, 137), //             rt_sigtimedwait
    systemCall,
    compare(0, 17), //           SIGCHLD
    branchIf("equal", "reap"),
    compare(0, 0),
    branchIf("negative", "wait"), // interrupted
    move(0, 0),
    move(8, 93), //              exit
    systemCall,
    { label: "reap" },
    moveMinusOne(0), //          any child
    move(1, 0),
    move(2, 1), //               WNOHANG
    move(3, 0),
    move(8, 260), //             wait4
    systemCall,
    compare(0, 0),
    branchIf("greater", "reap"),
    branch("wait"),
    // The set is eight bytes at a multiple of eight from the start of the file: 28 instructions after 120 bytes.
    { label: "set" },
    hex(SIGNAL_SET),
  ]);
}
