import type { Clock } from "./clock.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, unknown>;

/** Structured log lines: a message that never changes plus fields that do. Secrets never go into either. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log, with the component's name in each line. */
  named(component: string): Logger;
}

const ORDER: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  clock: Clock;
  level: LogLevel;
  write(line: string): void;
}

/** One line an entry: time, level, component, message, key=value. */
export function createLogger(options: LogOptions, component = ""): Logger {
  const entry =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (ORDER[level] < ORDER[options.level]) return;
      const time = new Date(options.clock.now()).toISOString();
      const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${text(value)}`);
      options.write(`${time} ${level} ${component === "" ? "" : `${component}: `}${message}${pairs.join("")}\n`);
    };
  return {
    debug: entry("debug"),
    info: entry("info"),
    warn: entry("warn"),
    error: entry("error"),
    named: (name) => createLogger(options, name),
  };
}

/** A log that nobody reads. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  named: () => silentLogger,
};

function text(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value === "string") return /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "undefined";
}
