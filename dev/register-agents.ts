/** The agents of the clone, written to Postgres at each start. */

export interface Registration {
  /** Registers them. Rejects with all that is wrong with their files. */
  readonly register: () => Promise<void>;
  /** Whether there are agents of an earlier start. */
  readonly hasAgents: () => Promise<boolean>;
  readonly log: (line: string) => void;
}

/**
 * A mistake in a file ends no start, where agents were registered before: these go on as they are,
 * and so do the runs that wait for people. Rejects where there are none.
 */
export async function registerAgents({ register, hasAgents, log }: Registration): Promise<void> {
  try {
    await register();
  } catch (error) {
    if (!(await hasAgents())) throw error;
    log(`! agents  ${error instanceof Error ? error.message : String(error)}`);
    log(
      '  The agents stay as they were at the last start. Correct what is named, and start again.',
    );
  }
}
