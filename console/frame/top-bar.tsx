/** The bar: the name, the places one can go, and the number that waits for a person. */
import { useEffect } from 'preact/hooks';
import type { Route } from '../words/routes.js';
import { grantsPath, homePath, runsPath, switchesPath } from '../words/routes.js';
import { WhoLooks } from './who-looks.js';
import { mostListed, type Waiting } from './use-waiting.js';

interface TopBarProps {
  readonly route: Route;
  readonly waiting: Waiting;
}

const name = 'Belay';

const pageNames = {
  home: 'Approvals',
  runs: 'Runs',
  run: 'Run',
  approval: 'Decision',
  effect: 'Effect',
  switches: 'Kill switches',
  grants: 'Standing grants',
  nothing: 'Not found',
} as const satisfies Record<Route['view'], string>;

export function TopBar({ route, waiting: { things } }: TopBarProps) {
  const sum = (things?.pending.length ?? 0) + (things?.parked.length ?? 0);
  const votable = things?.proposed.filter(({ viewer }) => viewer.canVote).length ?? 0;
  const number = sum >= mostListed ? `${mostListed}+` : String(sum);
  useEffect(() => {
    document.title = `${sum === 0 ? '' : `(${number}) `}${pageNames[route.view]} · ${name}`;
  }, [sum, number, route]);
  const current = (view: Route['view']) => (route.view === view ? 'page' : undefined);
  return (
    <header class="top">
      <a class="name" href={homePath}>
        {name}
      </a>
      <nav aria-label="Main">
        <a href={homePath} aria-current={current('home')}>
          Approvals{' '}
          {sum > 0 && (
            <span class="count">
              {number} <span class="word">waiting</span>
            </span>
          )}
        </a>
        <a href={runsPath()} aria-current={current('runs')}>
          Runs
        </a>
        <a href={grantsPath} aria-current={current('grants')}>
          Grants{' '}
          {votable > 0 && (
            <span class="count">
              {votable} <span class="word">to vote on</span>
            </span>
          )}
        </a>
        <a href={switchesPath} aria-current={current('switches')}>
          Switches
        </a>
      </nav>
      <WhoLooks />
    </header>
  );
}
