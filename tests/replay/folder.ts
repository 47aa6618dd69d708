/** Where the recorded histories are: one folder a release. */
import path from 'node:path';
import { projectRoot } from '../../runtime/project-root.js';

export const historiesFolder = path.join(projectRoot, 'tests/replay/histories');
