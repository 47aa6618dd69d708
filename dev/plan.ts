/** What a start will do: which parts are ours, on which ports. Decided before anything runs. */
import { addresses, type Ports } from './children.js';
import { choosePort } from './ports.js';
import { liveKey } from './refusals.js';
import { loadKeys } from './seed.js';
import type { StackInfo } from './stack-file.js';
import { describeSwitches, hasLivePaymentKey, readSwitches, type Switches } from './switches.js';
import path from 'node:path';

export interface StackPlan {
  readonly switches: Switches;
  readonly ports: Ports;
  readonly info: StackInfo;
}

/** The ports that are wanted; taken ones move up. PORT=0 asks for any, for all parts. */
const wanted = {
  postgres: 54_320,
  temporal: 7233,
  temporalUi: 8233,
  model: 4010,
  payments: 4011,
  mail: 4012,
  smtp: 4025,
  desk: 4013,
} as const;

export interface PlanOptions {
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly useEnv: boolean;
  readonly log: (line: string) => void;
}

/** Reads the environment, tells what it changes, and chooses the ports. */
export async function planStack(options: PlanOptions): Promise<StackPlan> {
  const { dataDir, environment, useEnv, log } = options;
  const switches = readSwitches(environment);
  const described = describeSwitches(switches);
  if (described.length > 0) log('From your environment:');
  for (const line of described) log(`  · ${line}`);
  if (hasLivePaymentKey(switches) && !useEnv) throw liveKey();
  const ports = await choosePorts(switches.port, log);
  const { mailUrl, modelUrl, paymentsUrl, smtpUrl, deskUrl } = addresses({ switches, ports });
  const { temporal, namespace, taskQueue } = switches;
  const info: StackInfo = {
    gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
    temporalAddress: temporal?.address ?? `127.0.0.1:${ports.temporal}`,
    temporalUiUrl: temporal ? temporal.uiUrl : `http://127.0.0.1:${ports.temporalUi}`,
    namespace,
    taskQueue,
    databaseUrl: '',
    modelUrl,
    paymentsUrl,
    mailUrl,
    smtpUrl,
    deskUrl,
    keys: loadKeys(path.join(dataDir, 'keys.json')),
    pids: { supervisor: process.pid },
  };
  return { switches, ports, info };
}

async function choosePorts(gatewayPort: number, log: (line: string) => void): Promise<Ports> {
  const taken = new Set<number>();
  const choose = async (name: string, port: number) => {
    const chosen = await choosePort(gatewayPort === 0 ? 0 : port, taken);
    taken.add(chosen);
    const moved = chosen !== port && gatewayPort !== 0;
    if (moved) log(`  · port ${port} is taken: ${name} is on ${chosen}`);
    return chosen;
  };
  const gateway = await choose('gateway', gatewayPort);
  return {
    gateway,
    postgres: await choose('postgres', wanted.postgres),
    temporal: await choose('temporal', wanted.temporal),
    temporalUi: await choose('temporal UI', wanted.temporalUi),
    model: await choose('model stand-in', wanted.model),
    payments: await choose('payments stand-in', wanted.payments),
    mail: await choose('mail stand-in', wanted.mail),
    smtp: await choose('mail stand-in (SMTP)', wanted.smtp),
    desk: await choose('help desk stand-in', wanted.desk),
  };
}
