/** Asks again and again while someone looks; seldom while nobody does. */

const everyMs = { visible: 2_000, hidden: 20_000 };
/** What people said is carried out within about this time. */
const soonMs = 400;

export interface Poll {
  /** Asks right after an action, and once more when it has had its effect. */
  now(): void;
  stop(): void;
}

/**
 * Runs `task` at once and then every two seconds, never twice at the same time. A hidden tab goes
 * on slowly, for the number in its title. The task handles its own errors.
 */
export function startPoll(task: () => Promise<unknown>): Poll {
  let isRunning = false;
  let isWanted = false;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = async (): Promise<void> => {
    clearTimeout(timer);
    if (isStopped) return;
    if (isRunning) {
      isWanted = true;
      return;
    }
    isRunning = true;
    isWanted = false;
    await task().catch((error: unknown) => console.error(error));
    isRunning = false;
    const pauseMs = document.hidden ? everyMs.hidden : everyMs.visible;
    timer = setTimeout(run, isWanted ? 0 : pauseMs);
  };
  const onVisible = (): void => {
    if (!document.hidden) void run();
  };
  document.addEventListener('visibilitychange', onVisible);
  void run();
  return {
    now: () => {
      void run();
      setTimeout(() => void run(), soonMs);
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    },
  };
}
