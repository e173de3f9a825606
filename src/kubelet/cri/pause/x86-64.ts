import { assemble, hex, type Line } from "./assemble.ts";

const SIGNAL_SET = "02 40 01 00 00 00 00 00"; // bits 16 (SIGCHLD), 14 (SIGTERM), 1 (SIGINT)

/** `opcode` with a 32-bit distance to a label, counted from the end of the instruction. */
function near(opcode: string, label: string): Line {
  const head = Buffer.from(opcode.replaceAll(" ", ""), "hex");
  const bytes = head.length + 4;
  return {
    bytes,
    encode: (distance) => {
      const tail = Buffer.alloc(4);
      tail.writeInt32LE(distance(label) - bytes);
      return Buffer.concat([head, tail]);
    },
  };
}

/** A jump with an 8-bit distance. */
function short(opcode: number, label: string): Line {
  return { bytes: 2, encode: (distance) => Buffer.from([opcode, (distance(label) - 2) & 0xff]) };
}

/** The pause program for x86-64 (program.ts says what it does). System call numbers: Linux x86-64. */
export function pauseX8664(): Buffer {
  return assemble([
    hex("31 ff"), //             xor edi, edi        SIG_BLOCK
    near("48 8d 35", "set"), //  lea rsi, [set]
    hex("31 d2"), //             xor edx, edx
    hex("41 ba 08 00 00 00"), // mov r10d, 8         bytes of the set
    hex("b8 0e 00 00 00"), //    mov eax, 14         rt_sigprocmask
    hex("0f 05"), //             syscall
    { label: "wait" },
    near("48 8d 3d", "set"), //  lea rdi, [set]
    hex("31 f6"), //             xor esi, esi
    hex("31 d2"), //             xor edx, edx
    hex("41 ba 08 00 00 00"), // mov r10d, 8
    hex("b8 80 00 00 00"), //    mov eax, 128        rt_sigtimedwait
    hex("0f 05"), //             syscall
    hex("83 f8 11"), //          cmp eax, 17         SIGCHLD
    short(0x74, "reap"), //      je reap
    hex("85 c0"), //             test eax, eax
    short(0x78, "wait"), //      js wait             interrupted
    hex("31 ff"), //             xor edi, edi
    hex("b8 3c 00 00 00"), //    mov eax, 60         exit
    hex("0f 05"), //             syscall
    { label: "reap" },
    hex("83 cf ff"), //          or edi, -1          any child
    hex("31 f6"), //             xor esi, esi
    hex("ba 01 00 00 00"), //    mov edx, 1          WNOHANG
    hex("45 31 d2"), //          xor r10d, r10d
    hex("b8 3d 00 00 00"), //    mov eax, 61         wait4
    hex("0f 05"), //             syscall
    hex("85 c0"), //             test eax, eax
    short(0x7f, "reap"), //      jg reap
    short(0xeb, "wait"), //      jmp wait
    { label: "set" },
    hex(SIGNAL_SET),
  ]);
}
