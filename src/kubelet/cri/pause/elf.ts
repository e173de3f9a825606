/** ELF machine numbers. */
export const MACHINES = { x86_64: 62, aarch64: 183 } as const;

const LOAD_ADDRESS = 0x400000n;
const HEADER_BYTES = 64 + 56;

/** A static ELF executable whose one read-only segment is the code, entered at its first byte. */
export function elfExecutable(machine: number, code: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  // e_ident: magic, 64 bit, little endian, version 1, System V.
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeUInt16LE(2, 16); // e_type: executable
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20); // e_version
  header.writeBigUInt64LE(LOAD_ADDRESS + BigInt(HEADER_BYTES), 24); // e_entry
  header.writeBigUInt64LE(64n, 32); // e_phoff
  header.writeUInt16LE(64, 52); // e_ehsize
  header.writeUInt16LE(56, 54); // e_phentsize
  header.writeUInt16LE(1, 56); // e_phnum
  header.writeUInt16LE(64, 58); // e_shentsize
  const totalBytes = BigInt(HEADER_BYTES + code.length);
  header.writeUInt32LE(1, 64); // p_type: load
  header.writeUInt32LE(5, 68); // p_flags: read, execute
  header.writeBigUInt64LE(LOAD_ADDRESS, 80); // p_vaddr
  header.writeBigUInt64LE(LOAD_ADDRESS, 88); // p_paddr
  header.writeBigUInt64LE(totalBytes, 96); // p_filesz
  header.writeBigUInt64LE(totalBytes, 104); // p_memsz
  header.writeBigUInt64LE(0x10000n, 112); // p_align: the largest page of arm64
  return Buffer.concat([header, code]);
}
