/** Bundles the workflows: `node dist/worker/bundle.js <file>`, at build time, so a worker starts fast. */
import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';

/** Where the worker finds the converter that the bundle was made with. */
export const payloadConverterPath = require.resolve('../workflows/payload-converter');

/** Bundles `workflows/agent-run` with everything it imports. Returns the code. */
export async function bundleWorkflows(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../workflows/agent-run'),
    payloadConverterPath,
    logger: silent,
  });
  return code;
}

const nothing = (): void => undefined;
const silent = {
  log: nothing,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

async function main(target: string): Promise<void> {
  await writeFile(target, await bundleWorkflows());
}

if (require.main === module) {
  const target = process.argv[2];
  if (target === undefined) throw new Error('Usage: node dist/worker/bundle.js <file>');
  void main(target);
}
