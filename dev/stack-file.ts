/** `.data/stack.json`: what runs where, for scripts, tests and the CLI. True while we run. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';

export interface StackInfo {
  readonly gatewayUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | null;
  readonly namespace: string;
  readonly taskQueue: string;
  /** As the runtime role. */
  readonly databaseUrl: string;
  readonly modelUrl: string;
  readonly paymentsUrl: string;
  /** Where the mail stand-in is asked what it got; null when mail goes elsewhere. */
  readonly mailUrl: string | null;
  readonly smtpUrl: string;
  /** The API keys of the demo's principals. */
  readonly keys: Readonly<Record<string, string>>;
  /** Only of what runs at this moment. Check a pid's start time before a kill. */
  readonly pids: Readonly<Record<string, number>>;
}

export interface StackFile {
  update(change: Partial<StackInfo>): void;
  /** Notes a process that was started; null says that it has ended. */
  setPid(name: string, pid: number | null): void;
  remove(): void;
}

/** Writes the file (0600), each time whole: a reader never sees half of it. */
export function createStackFile(file: string, first: StackInfo): StackFile {
  let info = first;
  const write = () => {
    writeFileSync(`${file}.new`, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    update: (change) => {
      info = { ...info, ...change };
      write();
    },
    setPid: (name, pid) => {
      const others = Object.entries(info.pids).filter(([other]) => other !== name);
      const all = pid === null ? others : [...others, [name, pid] as const];
      info = { ...info, pids: Object.fromEntries(all) };
      write();
    },
    remove: () => rmSync(file, { force: true }),
  };
}
