/** Temporal's runtime for a test file that replays or runs workflows in this process. */
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Tells warnings and errors only. To be called once, before anything of Temporal's worker is used. */
export const quietRuntime = (): void => {
  Runtime.install({ logger: new DefaultLogger('WARN') });
};
