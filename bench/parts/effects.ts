/** What the ledger costs an effect: its claim before the first byte, and its confirmation after the answer. */
import { defaultTenant } from '../../contracts/tenant.js';
import { ruleDefaults } from '../../policy/rules.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { invariant } from '../../runtime/belay-error.js';
import { newRunId } from '../../runtime/ids.js';
import { findCurrentVersion } from '../../store/agents.js';
import { recordAttempt } from '../../store/call-attempt.js';
import { startCall, type AttemptTerms } from '../../store/call-start.js';
import { prepared, type Database } from '../../store/database.js';
import { closeRun, openRun } from '../../store/run-lifecycle.js';
import type { RunAddress } from '../../store/run-transaction.js';
import { createRun } from '../../store/runs.js';
import { commitTurn, type JudgedCall } from '../../store/turn-commit.js';
import type { CallId } from '../../contracts/ids.js';
import { repeated, type Bench } from '../bench.js';
import { monotonicMs } from '../journal.js';
import type { Section } from '../report.js';
import { quantile, sampleOf, typicalOf } from '../sample.js';
import { agentName } from '../stub-agent.js';
import { plainTurn } from '../../tests/support/plain-turn.js';

const callsPerRun = 10;
const atOnce = 8;

interface Planned {
  readonly address: RunAddress;
  readonly callId: CallId;
}

/** Carries out planned effects with a service that answers at once: first one by one, then together. */
export async function measureEffects(bench: Bench): Promise<Section> {
  const { database, servers, sizes, contestants } = bench;
  const { gateway, http } = contestants.belay;
  // These runs have no workflow: nobody is to deliver their starts.
  await gateway.end('SIGTERM');
  const first = await planEffects(database, sizes.effects / 10);
  const alone = await planEffects(database, sizes.effects);
  const together = await planEffects(database, sizes.effects);
  await servers.analyze();
  // A statement that a connection has not prepared yet is slow.
  for (const planned of first) {
    await carryOut(database, planned);
    await commitTwice(database);
  }
  const costs: number[] = [];
  const floorCosts: number[] = [];
  for (const planned of alone) {
    costs.push(await carryOut(database, planned));
    floorCosts.push(await commitTwice(database));
  }
  const left = [...together];
  const belayRate = await rateOf(together.length, async () => {
    const planned = left.pop();
    if (planned !== undefined) await carryOut(database, planned);
  });
  const floorRate = await rateOf(together.length, async () => void (await commitTwice(database)));
  await closeAll(database, [...first, ...alone, ...together]);
  await gateway.start();
  await http.untilUp();
  return {
    title: 'Effects',
    meaning:
      'What the ledger adds to one effect: the transaction that commits its dispatch before the ' +
      'first byte, and the one that confirms it with its result. Milliseconds for both together, ' +
      'with the middle nine tenths; no service and no engine in between. Same commits: two bare ' +
      'ones of one small row each, on the same connections, in turn with them.',
    rows: [
      {
        what: 'claim and confirm, ms',
        cells: { belay: typicalOf(costs), commits: typicalOf(floorCosts) },
      },
      {
        what: 'claim and confirm, ms, p95',
        cells: {
          belay: sampleOf([quantile(costs, 0.95)]),
          commits: sampleOf([quantile(floorCosts, 0.95)]),
        },
        bounds: [{ against: 'itself', is: 'at most', value: 5 }],
      },
      {
        what: `effects/s, ${atOnce} at once`,
        cells: { belay: sampleOf([belayRate]), commits: sampleOf([floorRate]) },
      },
    ],
  };
}

const question = {
  ...ruleDefaults,
  ruleDigest: digestOf({ id: 'allowed' }),
  rule: 'allowed',
  reason: 'The bench asks nobody.',
} as const;

const terms: AttemptTerms = {
  verdict: 'allow',
  question,
  ruleInputs: '{}',
  previews: false,
  taints: false,
  checkAuthority: () => ({ kind: 'holds' }),
  keyRetentionMs: 24 * 3_600_000,
  repeatWithinMs: 20 * 3_600_000,
  requestTimeoutMs: 30_000,
  visibilityLagMs: 0,
  repeats: null,
  grantId: null,
};

/** From the claim to the confirmation, in milliseconds. */
async function carryOut(database: Database, { address, callId }: Planned): Promise<number> {
  const beganMs = monotonicMs();
  const start = await startCall(database, address, callId, terms);
  invariant(start.kind === 'started', 'nothing stands against it');
  const done = { kind: 'done', result: '{"id":"re_1"}', externalRef: 're_1' } as const;
  await recordAttempt(database, address, callId, start.fence, done);
  return monotonicMs() - beganMs;
}

/** How often a second `work` is done, by as many at once as the bench has. */
async function rateOf(times: number, work: () => Promise<void>): Promise<number> {
  const startedMs = monotonicMs();
  await repeated(times, atOnce, work);
  return (1_000 * times) / (monotonicMs() - startedMs);
}

/** Two bare commits of one small row each: what the disk and two transactions cost. In milliseconds. */
async function commitTwice({ pool }: Database): Promise<number> {
  const insert = () => pool.query(prepared(insertSql, [newRunId(), 'a small row']));
  const beganMs = monotonicMs();
  await insert();
  await insert();
  return monotonicMs() - beganMs;
}

const insertSql = 'INSERT INTO baseline_run (id, body) VALUES ($1, $2)';

/** Runs of ten effects each, in the order of the runs' turns: no two neighbours are of one run. */
async function planEffects(database: Database, count: number): Promise<readonly Planned[]> {
  const runs: (readonly Planned[])[] = [];
  for (let planned = 0; planned < count; planned += callsPerRun) {
    runs.push(await planRun(database, Math.min(callsPerRun, count - planned)));
  }
  return Array.from({ length: callsPerRun }, (_, index) =>
    runs.flatMap((calls) => calls.slice(index, index + 1)),
  ).flat();
}

async function planRun(database: Database, count: number): Promise<readonly Planned[]> {
  const version = await findCurrentVersion(database, defaultTenant, agentName);
  invariant(version !== null, 'the agent of the bench is registered');
  const address = { tenantId: defaultTenant, runId: newRunId() };
  const fresh = {
    ...address,
    agent: agentName,
    agentVersion: version.digest,
    input: {},
    requestedBy: 'bench',
    tags: [],
    budget: null,
    createdAt: version.readAt,
  };
  await createRun(database, fresh, null, () => ({ status: 202, body: '{}' }));
  await database.pool.query(`UPDATE outbox SET state = 'done' WHERE run_id = $1`, [address.runId]);
  await openRun(database, address, `bench-${address.runId}`);
  const turn = await commitTurn(
    database,
    address,
    plainTurn(1, { calls: Array.from({ length: count }, (_, index) => callOf(index)) }),
  );
  invariant(turn.kind === 'committed', 'the turn is committed');
  return turn.calls.map(({ callId }) => ({ address, callId }));
}

function callOf(index: number): JudgedCall {
  const args = { index };
  return {
    modelCallId: `toolu_${index}`,
    tool: 'pay',
    title: 'pay',
    args: canonicalJson(args),
    argsDigest: digestOf(args),
    effect: 'keyed',
    retryPolicy: 'payment',
    business: null,
    verdict: 'allow',
    question,
    ruleInputs: '{}',
    previews: false,
    refusal: null,
  };
}

async function closeAll(database: Database, planned: readonly Planned[]): Promise<void> {
  for (const { address } of planned) {
    await closeRun(database, address, { status: 'completed', code: null });
  }
}
