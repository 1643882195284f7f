import t from 'tap';
import { bundledPolicies } from '../../src/deadlines/policies/bundled.ts';
import { ladderTold, scenariosOf } from './scenarios.ts';

scenariosOf('kunming-petition', [
  ['register', {}, '2026-11-24 10:00:00', '2026-12-09 17:00'],
  ['register', {}, '2026-09-16 17:00:00', '2026-10-08 17:00'],
  ['register', {}, '2026-09-25 10:00', '2026-10-10 17:00'],
  ['register', {}, '2026-02-05 10:00', '2026-02-24 17:00'],
  ['register', {}, '2020-01-17 10:00', '2020-02-03 17:00'],
  ['register', {}, '2026-12-20 10:00', '2027-01-04 17:00 *'],
  ['accept', {}, '2026-11-24 10:00', '2026-12-09 17:00'],
  ['forward', {}, '2026-09-30 10:00', '2026-10-10 17:00'],
  ['object', {}, '2026-09-30 10:00', '2026-10-13 17:00'],
  ['sign', {}, '2026-09-30 10:00', '2026-10-13 17:00'],
  ['resolve', {}, '2026-11-24 10:00', '2026-12-24 17:00'],
  ['resolve', {}, '2026-09-01 10:00', '2026-10-08 17:00'],
  ['resolve', {}, '2020-01-02 10:00', '2020-02-03 17:00'],
  ['resolve', {}, '2026-12-15 10:00', '2027-01-14 17:00 *'],
  ['review-request', {}, '2026-09-01 10:00', '2026-10-08 24:00'],
  ['review', {}, '2026-09-10 10:00', '2026-10-10 17:00'],
  ['re-examination-request', {}, '2026-11-24 10:00', '2026-12-24 24:00'],
  ['re-examination', {}, '2026-01-20 10:00', '2026-02-24 17:00'],
  ['follow-up', {}, '2026-10-09 17:00:00', '2026-10-15 17:00'],
]);

scenariosOf('national-petition', [
  ['register', {}, '2026-11-24 10:00', '2026-12-09 17:30'],
  ['accept', {}, '2026-09-19 10:00', '2026-10-08 17:30'],
  ['object', {}, '2026-09-30 10:00', '2026-10-13 17:30'],
  ['object', {}, '2020-01-22 10:00', '2020-02-06 17:30'],
  ['resolve', {}, '2026-07-01 10:00', '2026-08-31 17:30'],
  ['resolve', {}, '2026-08-02 17:00:00', '2026-10-08 17:30'],
  ['resolve', {}, '2026-11-24 10:00', '2027-01-25 17:30 *'],
  ['review-request', {}, '2026-11-24 23:59', '2026-12-24 24:00'],
  ['review', {}, '2026-11-24 10:00', '2026-12-24 17:30'],
  ['re-examination-request', {}, '2026-09-01 00:00:00', '2026-10-08 24:00'],
  ['re-examination', {}, '2026-11-24 10:00', '2026-12-24 17:30'],
  ['follow-up', {}, '2026-11-24 10:00', null],
]);

t.test('every stage of a petition reminds before it is due, within office hours', async (t) => {
  t.same(ladderTold('kunming-petition', 'resolve', {}, '2026-09-01 10:00'), [
    '0 unit-clerk 2026-09-23 17:00',
    '1 unit-head 2026-10-08 17:00',
    '2 supervisor 2026-10-09 17:00',
    '3 petition-leader 2026-10-14 17:00',
  ]);
  const [petition] = bundledPolicies().filter((policy) => policy.code === 'kunming-petition');
  const silent = Object.entries(petition?.deadlines ?? {}).filter(([, { ladder }]) => ladder[0]?.step !== 0);
  t.same(
    silent.map(([name]) => name),
    ['review-request', 're-examination-request'],
    "but for the petitioner's own time",
  );
});
