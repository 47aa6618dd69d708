/** The image that the Dockerfile describes, laid out in a folder: what is not copied there is not there. */
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../runtime/project-root.js';
import { readProjectFile } from './compose-file.js';

export interface Image {
  readonly bases: readonly string[];
  readonly user: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** The commands that it starts with. */
  readonly programs: readonly (readonly string[])[];
  /** What is copied from the build, relative to its folder. */
  readonly folders: readonly string[];
}

const place = '/app/';

/** Reads the Dockerfile. */
export function readImage(): Image {
  const text = readProjectFile('Dockerfile').replaceAll('\\\n', ' ');
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
  const settings = all(/^ENV (.*)$/gm).flatMap((line) => line.trim().split(/ +/));
  return {
    bases: all(/^FROM (\S+)/gm),
    user: all(/^USER (\S+)$/gm).at(-1),
    environment: Object.fromEntries(settings.map((each) => each.split('=') as [string, string])),
    programs: all(/^CMD (.*)$/gm).map((list) => JSON.parse(list) as string[]),
    folders: all(/^COPY --from=build \/app\/(\S+) /gm),
  };
}

/** Lays the image out below `folder` and returns its environment there. */
export function layOutImage(folder: string): Readonly<Record<string, string>> {
  const { folders, environment } = readImage();
  for (const name of folders) {
    if (name === 'node_modules') continue;
    cpSync(path.join(projectRoot, name), path.join(folder, name), { recursive: true });
  }
  for (const name of productionPackages()) {
    const target = path.join(folder, name);
    mkdirSync(path.dirname(target), { recursive: true });
    symlinkSync(path.join(projectRoot, name), target);
  }
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.startsWith(place) ? path.join(folder, value.slice(place.length)) : value,
    ]),
  );
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** What `npm prune --omit=dev --omit=optional` leaves at the top, as the lock file says. */
function productionPackages(): readonly string[] {
  const { packages } = JSON.parse(readProjectFile('package-lock.json')) as {
    packages: Readonly<Record<string, LockedPackage>>;
  };
  return Object.entries(packages)
    .filter(([name]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(name))
    .filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
    .map(([name]) => name);
}
