// The environment of the tests: what a person has set for the real thing has no say in it.

const single = new Set(['SMTP_URL', 'PORT', 'HOST', 'MAIL_FROM', 'WORKFLOW_BUNDLE']);
const families =
  /^(TEMPORAL|ANTHROPIC|STRIPE|BELAY(?!_TEST)|STAND_IN|LOG|MODEL|DATABASE|MIGRATION|LISTEN)_|^PG/;

/**
 * Leaves out every variable that changes where things go or what they cost.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
export function testEnvironment(environment) {
  const kept = Object.entries(environment).filter(
    ([name]) => !single.has(name) && !families.test(name) && !name.endsWith('_API_KEY'),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'test' };
}
