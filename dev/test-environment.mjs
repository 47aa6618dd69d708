// The environment of the tests: what a person has set for the real thing has no say in it.

const single = new Set(['SMTP_URL', 'PORT', 'HOST', 'MAIL_FROM', 'WORKFLOW_BUNDLE']);
/** What a person says to the tests themselves. */
const forTests = new Set(['BELAY_TEST_SEED']);
const families =
  /^(TEMPORAL|ANTHROPIC|OPENAI|STRIPE|DESK|BELAY(?!_TEST)|STAND_IN|LOG|MODEL|DATABASE|MIGRATION|LISTEN|HTTP_REQUEST|SQL_QUERY|SIGNING|TRUSTED)_|^PG/;

const isKey = (/** @type {string} */ name) => name.endsWith('_API_KEY');

/**
 * Leaves out every variable that changes where things go or what they cost.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
export function testEnvironment(environment) {
  const kept = Object.entries(environment).filter(
    ([name]) => forTests.has(name) || !(single.has(name) || families.test(name) || isKey(name)),
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'test' };
}
