/** `.data/stack.json`: what runs where, for scripts, tests and the CLI. True while we run. */
import { rmSync } from 'node:fs';
import { writeSecret } from './secret-file.js';

export interface StackInfo {
  readonly gatewayUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | null;
  readonly namespace: string;
  readonly taskQueue: string;
  /** As the runtime role; empty until the database is ready. */
  readonly databaseUrl: string;
  readonly modelUrl: string;
  readonly paymentsUrl: string;
  /** Where the mail stand-in is asked what it got; null when mail goes elsewhere. */
  readonly mailUrl: string | null;
  readonly smtpUrl: string;
  readonly deskUrl: string;
  /** The API keys of the demo's principals. */
  readonly keys: Readonly<Record<string, string>>;
  /** Only of what runs at this moment. Check a pid's start time before a kill. */
  readonly pids: Readonly<Record<string, number>>;
}

export interface StackFile {
  info(): StackInfo;
  update(change: Partial<StackInfo>): void;
  /** Notes what runs now besides the supervisor. */
  setPids(pids: Readonly<Record<string, number>>): void;
  remove(): void;
}

/** Writes the file (0600), each time whole: a reader never sees half of it. */
export function createStackFile(file: string, first: StackInfo): StackFile {
  let info = first;
  const write = () => {
    writeSecret(file, `${JSON.stringify(info, null, 2)}\n`);
  };
  write();
  return {
    info: () => info,
    update: (change) => {
      info = { ...info, ...change };
      write();
    },
    setPids: (pids) => {
      const { supervisor } = first.pids;
      info = { ...info, pids: { ...(supervisor ? { supervisor } : {}), ...pids } };
      write();
    },
    remove: () => rmSync(file, { force: true }),
  };
}
