import { describe, expect, it } from '@jest/globals';
import { describeSwitches, hasLivePaymentKey, readSwitches } from '../../dev/switches.js';
import { testEnvironment } from '../../dev/test-environment.mjs';

describe('the inherited environment', () => {
  it('changes nothing when it says nothing', () => {
    const switches = readSwitches({ DATABASE_URL: '', ANTHROPIC_API_KEY: '' });
    expect(describeSwitches(switches)).toEqual([]);
    expect(switches.port).toBe(3000);
  });

  it('is told before it is used, without its secrets', () => {
    const lines = describeSwitches(
      readSwitches({
        DATABASE_URL: 'postgresql://me:secret@db.example:5432/mine',
        TEMPORAL_ADDRESS: 'temporal.example:7233',
        ANTHROPIC_API_KEY: 'secret',
        STRIPE_API_KEY: 'sk_test_secret',
        SMTP_URL: 'smtp://me:secret@mail.example:25',
        DESK_URL: 'https://desk.example/api',
        DESK_TOKEN: 'secret',
        HTTP_REQUEST_ORIGINS: '[{"origin":"https://a.test","authorization":"Bearer secret"}]',
      }),
    );
    expect(lines).toHaveLength(7);
    expect(lines.join('\n')).not.toContain('secret');
    expect(lines.join('\n')).toContain('db.example:5432');
  });

  it.each([
    ['sk_live_1', true],
    ['rk_live_1', true],
    ['sk_test_1', false],
  ])('knows whether %s moves real money', (key, isLive) => {
    expect(hasLivePaymentKey(readSwitches({ STRIPE_API_KEY: key }))).toBe(isLive);
  });

  it('is refused when PORT is no port', () => {
    expect(() => readSwitches({ PORT: 'http' })).toThrow('PORT is http');
  });

  it('has no say in the tests', () => {
    const inherited = {
      ANTHROPIC_API_KEY: 'x',
      STRIPE_API_KEY: 'x',
      OTHER_API_KEY: 'x',
      DATABASE_URL: 'x',
      SMTP_URL: 'x',
      DESK_URL: 'x',
      DESK_TOKEN: 'x',
      TEMPORAL_ADDRESS: 'x',
      PGHOST: 'x',
      PATH: '/bin',
    };
    expect(testEnvironment(inherited)).toEqual({ PATH: '/bin', NODE_ENV: 'test' });
  });
});
