import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';

/** The yardstick: a Fastify handler that does nothing but one prepared INSERT a request. A process of its own. */
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) });
await pool.query('create table if not exists bare_messages (id uuid primary key, body jsonb not null)');

const app = Fastify();
app.get('/healthz', async () => ({ status: 'ok' }));
app.post('/', async (request, reply) => {
  const id = randomUUID();
  await pool.query({
    name: 'insert',
    text: 'insert into bare_messages (id, body) values ($1, $2)',
    values: [id, JSON.stringify(request.body)],
  });
  return reply.status(201).send({ id });
});
process.once('SIGTERM', async () => {
  await app.close();
  await pool.end();
});
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
