/** The console: a client of the HTTP API and nothing more. */
import { render } from 'preact';
import { followAddress } from './api/location.js';
import { App } from './app.js';
import { showHiddenText } from './parts/visible-text.js';

showHiddenText();
followAddress();
const page = document.getElementById('page');
if (page === null) throw new Error('index.html has no #page');
render(<App />, page);
