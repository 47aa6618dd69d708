/** What a person reads when the stack is up. */
import { addresses, type Wiring } from './children.js';
import { place, type Switches } from './switches.js';

export interface BannerFacts {
  readonly wiring: Wiring;
  readonly gatewayUrl: string;
  readonly workerPid: number;
  /** Since the process began, for people. */
  readonly elapsed: string;
}

/** The addresses (of a stand-in: where to see what it got), what is ours, and what to try first. */
export function banner({ wiring, gatewayUrl, workerPid, elapsed }: BannerFacts): string {
  const { switches, temporalUiUrl, temporalAddress, dataDir } = wiring;
  const { modelUrl, paymentsUrl, mailUrl, smtpUrl, deskUrl } = addresses(wiring);
  const parts = [
    ['Console', gatewayUrl],
    ['Temporal UI', temporalUiUrl ?? `of your server at ${temporalAddress}`],
    ['Postgres', switches.database ? `yours, ${place(switches.database.url)}` : 'embedded'],
    ['Model', switches.model ? modelUrl : standIn(`${modelUrl}/journal`, 'ANTHROPIC_API_KEY')],
    [
      'Payments',
      switches.payments ? paymentsUrl : standIn(`${paymentsUrl}/journal`, 'STRIPE_API_KEY'),
    ],
    ['Mail', mailUrl ? standIn(mailUrl, 'SMTP_URL') : place(smtpUrl)],
    ['Help desk', switches.desk ? place(deskUrl) : standIn(`${deskUrl}/journal`, 'DESK_URL')],
  ];
  const width = Math.max(...parts.map(([name = '']) => name.length));
  const lines = parts.map(([name = '', value]) => `  ${name.padEnd(width)}  ${value}`);
  return `
Belay is ready in ${elapsed}.
${lines.join('\n')}

  Try:   ${firstRun(gatewayUrl)}
  Then:  ${middle(switches)}:  kill -9 ${workerPid}
  Stop:  Ctrl-C. Everything is kept in ${dataDir}; npm start -- --fresh wipes it.
`;
}

/** The console is up before the rest is. */
export const earlyBanner = (gatewayUrl: string): string =>
  `  The console is open at ${gatewayUrl}. Runs posted now wait for Temporal and then start.`;

/** How to have a run in the middle of moving money: only our payment service is slow on request. */
const middle = ({ payments }: Switches): string =>
  payments
    ? 'decide in the console, and end the worker in the middle'
    : 'start one with "Refund order 9001, it arrived broken [payments-slow]", approve it in the ' +
      'console,\n         and within three seconds press "Kill the worker now" there, or';

/** A run that stops before it moves money. */
export function firstRun(gatewayUrl: string): string {
  const body = { agent: 'refund-desk', input: { message: 'Refund order 42, it arrived broken' } };
  const type = "-H 'content-type: application/json'";
  return `curl -s ${gatewayUrl}/v1/runs ${type} -d '${JSON.stringify(body)}'`;
}

const standIn = (url: string, variable: string): string =>
  `${url}  (a stand-in on this machine; ${variable} switches to yours)`;
