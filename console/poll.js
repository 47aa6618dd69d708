/** Asks again and again while someone looks; seldom while nobody does. */

const everyMs = { visible: 2_000, hidden: 20_000 };

/** What people said is carried out within about this time. */
const soonMs = 400;

/** Asks right after an action, and once more when it has had its effect. @param {() => void} ask */
export function nowAndSoon(ask) {
  ask();
  setTimeout(ask, soonMs);
}

/**
 * Runs `task` at once and then every two seconds, never twice at the same time. A hidden tab goes
 * on slowly, for the number in its title.
 * @param {() => Promise<unknown>} task Handles its own errors.
 * @returns {{ now: () => void, stop: () => void }} `now` asks right after an action.
 */
export function poll(task) {
  let isRunning = false;
  let isWanted = false;
  let isStopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const run = async () => {
    clearTimeout(timer);
    if (isStopped) return;
    if (isRunning) {
      isWanted = true;
      return;
    }
    isRunning = true;
    isWanted = false;
    await task().catch((error) => console.error(error));
    isRunning = false;
    const pauseMs = document.hidden ? everyMs.hidden : everyMs.visible;
    timer = setTimeout(run, isWanted ? 0 : pauseMs);
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void run();
  });
  void run();
  return {
    now: () => void run(),
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
