/** Logging: one JSON line an event in production, readable lines in a terminal, never any content. */
import { createLogger as createWinston, format, transports } from 'winston';

/** Everything a log line may carry. Content, arguments and error messages of others have no field. */
export interface LogFields {
  readonly runId?: string;
  readonly workflowId?: string;
  readonly activityId?: string;
  readonly activityType?: string;
  readonly attempt?: number;
  readonly requestId?: string;
  readonly callId?: string;
  readonly approvalId?: string;
  readonly effectKey?: string;
  readonly grantId?: string;
  readonly outboxId?: string;
  readonly principal?: string;
  /** Of a public key. */
  readonly keyId?: string;
  /** The visible part of the API key that was sent. */
  readonly apiKeyId?: string;
  /** The principal that a change is about. */
  readonly subject?: string;
  readonly code?: string;
  /** The class of an error of ours or a library's: never its text. */
  readonly error?: string;
  /** Where it was thrown: file and line, without the message. */
  readonly at?: string;
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly count?: number;
  /** Of a message within its transcript. */
  readonly seq?: number;
  readonly url?: string;
  readonly path?: string;
  readonly pid?: number;
  readonly signal?: string;
  readonly taskQueue?: string;
  readonly version?: string;
}

export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** The same log with these fields on every line. */
  with(fields: LogFields): Log;
}

export interface LogOptions {
  readonly service: string;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly format: 'json' | 'pretty';
}

/** Creates the log of a process. Messages are constants; what varies goes into fields. */
export function createLog(options: LogOptions): Log {
  // A log on a full disk or a closed pipe is lost; the process and its work are not.
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => undefined);
  const winston = createWinston({
    level: options.level,
    defaultMeta: { service: options.service },
    format:
      options.format === 'json' ? format.combine(format.timestamp(), format.json()) : pretty(),
    // Temporal's core and npm write to stderr; ours go to stdout, one line each.
    transports: [new transports.Console({ forceConsole: false })],
  });
  const bind = (bound: LogFields): Log => {
    const at = (level: LogOptions['level']) => (message: string, fields?: LogFields) => {
      winston.log(level, message, { ...bound, ...fields });
    };
    return {
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      with: (fields) => bind({ ...bound, ...fields }),
    };
  };
  return bind({});
}

/** What may be logged of a caught value: its class and the place, not its message. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const place = framesOf(error).find((line) => line.trimStart().startsWith('at '));
  const code = (error as { code?: unknown }).code;
  return {
    error: error.name,
    ...(place === undefined ? {} : { at: place.trim() }),
    ...(typeof code === 'string' ? { code } : {}),
  };
}

/** The lines of the stack behind the message, which may have lines that look like them. */
function framesOf({ stack = '', message }: Error): readonly string[] {
  const start = stack.indexOf(message);
  return start < 0 ? [] : stack.slice(start + message.length).split('\n');
}

function pretty() {
  return format.printf(({ level, message, service, ...fields }) => {
    const time = new Date().toISOString().slice(11, 23);
    const rest = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    return [time, level.padEnd(5), String(service).padEnd(8), String(message), ...rest].join(' ');
  });
}
