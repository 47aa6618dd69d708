/** Integration tests start processes and wait for real retries. */
import { jest } from '@jest/globals';

jest.setTimeout(240_000);
