import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Test } from './tap.ts';

export interface TakenMail {
  sender: string | undefined;
  recipients: string[];
  raw: string;
  parsed: ParsedMail;
}

/** What the server does with the next mail; default: takes it. `drop`: hangs up when it has the whole mail. */
export type Behaviour = { refuse: number; at: 'mail' | 'rcpt' | 'data' } | 'drop' | 'hang-up';

/** A mail server on loopback, for whoever logs in as `mayor`. */
export async function startSmtpServer(t: Test) {
  const mails: TakenMail[] = [];
  const next: Behaviour[] = [];
  let calls = 0;
  const refusal = (code: number): Error =>
    Object.assign(new Error('not now, wang@example.com'), { responseCode: code });
  const refusedAt = (at: string): Error | null => {
    const behaviour = next[0];
    if (typeof behaviour !== 'object' || behaviour.at !== at) return null;
    next.shift();
    return refusal(behaviour.refuse);
  };
  const hangUp = (session: SMTPServerSession): void => {
    next.shift();
    for (const connection of server.connections) if (connection.id === session.id) connection._socket.destroy();
  };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    authOptional: true,
    logger: false,
    onConnect(_session, done) {
      calls += 1;
      done();
    },
    onAuth({ username, password }, _session, done) {
      if (username === 'mayor' && password === 'smtp-password') done(null, { user: username });
      else done(refusal(535));
    },
    onMailFrom(_address, session, done) {
      if (next[0] === 'hang-up') return hangUp(session);
      done(refusedAt('mail'));
    },
    onRcptTo: (_address, _session, done) => done(refusedAt('rcpt')),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const refused = refusedAt('data');
        if (refused) return done(refused);
        const raw = Buffer.concat(chunks);
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          sender: mailFrom ? mailFrom.address : undefined,
          recipients: rcptTo.map(({ address }) => address),
          raw: raw.toString(),
          parsed: await simpleParser(raw),
        });
        if (next[0] === 'drop') return hangUp(session);
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  return {
    mails,
    next,
    calls: () => calls,
    settings: (changes: object = {}) => ({
      host: '127.0.0.1',
      port,
      secure: false,
      user: 'mayor',
      password: 'smtp-password',
      from: 'mayor@city.example',
      ...changes,
    }),
  };
}
