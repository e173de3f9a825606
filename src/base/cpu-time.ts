/** Milliseconds that this thread has computed so far: unlike a clock it stands still while others have the processor. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
