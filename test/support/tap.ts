/** The only place that names the test runner; tests import from here. */
export type { Test } from 'tap';
export { t as default } from 'tap';
