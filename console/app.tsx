/** The frame of every page: where one is, what waits for people, and whether the gateway answers. */
import { useEffect, useRef } from 'preact/hooks';
import { route } from './api/location.js';
import { useStore } from './api/store.js';
import { ApprovalPage } from './approvals/approval-page.js';
import { EffectPage } from './effects/effect-page.js';
import { Announcer } from './parts/announcer.js';
import { pageTitleId, PageTitle } from './parts/page-title.js';
import { focusOn } from './parts/section.js';
import { ConnectionBanner } from './frame/connection-banner.js';
import { KeyPanel } from './frame/key-panel.js';
import { SwitchBanner } from './frame/switch-banner.js';
import { TopBar } from './frame/top-bar.js';
import { useWaiting, type Waiting, type WaitingThings } from './frame/use-waiting.js';
import { RunPage } from './run/run-page.js';
import { GrantsPage } from './grants/grants-page.js';
import { HomePage } from './runs/home-page.js';
import { RunsPage } from './runs/runs-page.js';
import { SwitchesPage } from './switches/switches-page.js';
import type { Route } from './words/routes.js';

export function App() {
  const here = useStore(route);
  const waiting = useWaiting();
  const opened = useRef(here);
  useEffect(() => {
    // The browser itself does this when it loads a page; here it is ours to do.
    if (opened.current !== here) focusOn(pageTitleId);
    opened.current = here;
  }, [here]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <TopBar route={here} waiting={waiting} />
      <ConnectionBanner />
      <SwitchBanner switches={waiting.things?.switches ?? noSwitches} />
      <KeyPanel />
      <Announcer />
      <main id="main" tabIndex={-1}>
        <Page route={here} waiting={waiting} />
      </main>
    </>
  );
}

const noSwitches: WaitingThings['switches'] = [];

interface PageProps {
  readonly route: Route;
  readonly waiting: Waiting;
}

function Page({ route: here, waiting: { things, refresh } }: PageProps) {
  if (here.view === 'home') return <HomePage things={things} onChange={refresh} />;
  if (here.view === 'runs') return <RunsPage query={here} />;
  if (here.view === 'run') return <RunPage key={here.id} id={here.id} onChange={refresh} />;
  if (here.view === 'approval') {
    return <ApprovalPage key={here.id} id={here.id} onChange={refresh} />;
  }
  if (here.view === 'effect') {
    return <EffectPage key={here.id} id={here.id} onChange={refresh} />;
  }
  if (here.view === 'switches') return <SwitchesPage onChange={refresh} />;
  if (here.view === 'grants') return <GrantsPage onChange={refresh} />;
  return (
    <section aria-labelledby={pageTitleId}>
      <PageTitle>There is no such page</PageTitle>
      <p>
        <a href="/">What waits for people</a>
      </p>
    </section>
  );
}
