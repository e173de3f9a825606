import { CommandError } from "../cli/command.ts";
import { DataDirectoryError } from "../store/embedded/data-directory.ts";

/** What a failed start means for who started it: words of the operating system become what to do, with its exit code. */
export function explain(error: unknown): unknown {
  if (isListenError(error)) return listenError(error);
  // The store says itself who has the directory; that somebody has it is another exit code than damage.
  if (error instanceof DataDirectoryError && / is in use by /.test(error.message)) {
    return new CommandError(error.message, 5, { cause: error });
  }
  if (error instanceof Error && /^cannot run \S+: install the package /.test(error.message)) {
    return new CommandError(error.message, 4);
  }
  return error;
}

interface ListenError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
}

function isListenError(error: unknown): error is ListenError {
  return error instanceof Error && "syscall" in error && (error.syscall === "listen" || error.syscall === "bind");
}

function listenError(error: ListenError): Error {
  const { address = "", port = 0 } = error;
  switch (error.code) {
    case "EADDRINUSE":
      return new CommandError(
        `port ${port} on ${address} is in use by another program: choose another with --port, or stop that program`,
        5,
      );
    case "EACCES":
      return new CommandError(`no permission to listen on port ${port}: choose one above 1023 with --port`);
    case "EADDRNOTAVAIL":
      return new CommandError(`this machine has no address ${address}: choose one of its own with --bind`, 2);
    default:
      return error;
  }
}
