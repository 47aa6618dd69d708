/** Ctrl-C and its kin: once for an orderly stop, twice for an immediate end. */

export interface StopSignal {
  /** Resolves at the first signal. */
  readonly requested: Promise<void>;
  /** What a second signal does before the process exits. */
  onForce(force: () => void): void;
}

const lookEveryMs = 500;

/** npm passes on a signal that the terminal has already sent to both: one press, two signals. */
const sameSignalMs = 500;

export function stopSignal(log: (line: string) => void): StopSignal {
  let firstAt: number | null = null;
  let force = () => undefined as void;
  const requested = new Promise<void>((resolve) => {
    const onSignal = () => {
      if (firstAt === null) {
        firstAt = performance.now();
        log('\n▸ stopping … (Ctrl-C again ends at once)');
        resolve();
      } else if (performance.now() - firstAt > sameSignalMs) {
        force();
        process.exit(130);
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    onLostParent(onSignal);
  });
  return {
    requested,
    onForce: (work) => {
      force = work;
    },
  };
}

/** Under npm, its death is a wish to stop: a killed npm passes nothing on. */
function onLostParent(work: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    work();
  }, lookEveryMs);
  timer.unref();
}
