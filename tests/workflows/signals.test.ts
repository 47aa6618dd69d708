import { describe, expect, it } from '@jest/globals';
import { readApprovalDecided, readEffectResolved } from '../../workflows/signals.js';
import { payloadConverter } from '../../workflows/payload-converter.js';

const signal = { approvalId: 'apr_1', decisionId: 'dec_1', verdict: 'approved' };

describe('a signal from outside', () => {
  it('that is whole is a hint', () => {
    expect(readApprovalDecided(signal)).toMatchObject({
      kind: 'approval-hinted',
      hint: { approvalId: 'apr_1', decisionId: 'dec_1', isApproval: true },
    });
    expect(readEffectResolved({ callId: 'call_1' })).toMatchObject({ callId: 'call_1' });
  });

  it('of any other shape is nothing', () => {
    const others = [undefined, null, 'yes', 7, [], {}, { ...signal, decisionId: 7 }];
    for (const other of others) expect(readApprovalDecided(other)).toBeNull();
    expect(readEffectResolved({ callId: null })).toBeNull();
  });

  it('with ids that are too long to be ours is nothing: the state of a run stays small', () => {
    const long = 'x'.repeat(101);
    expect(readApprovalDecided({ ...signal, decisionId: long })).toBeNull();
    expect(readEffectResolved({ callId: long })).toBeNull();
  });

  it('whose payload can’t be decoded is nothing, and stops no workflow', () => {
    const metadata = { encoding: Buffer.from('json/plain') };
    const broken = { metadata, data: Buffer.from('{"approvalId": "apr_') };
    const context = { type: 'workflow', workflowId: 'run_1' } as never;
    expect(payloadConverter.fromPayload(broken, context)).toBeUndefined();
  });
});
