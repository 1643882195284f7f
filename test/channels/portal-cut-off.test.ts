import type { AddressInfo } from 'node:net';
import { createCity } from '../support/city.ts';
import { jpeg } from '../support/files.ts';
import { until } from '../support/mail.ts';
import { formFields, multipart, openPortal } from '../support/portal.ts';
import { send } from '../support/send.ts';
import t from '../support/tap.ts';

t.test('a form whose sender hangs up on the way is the sender’s affair, not the database’s', async (t) => {
  const city = await createCity(t, { logLevel: 'info' });
  await openPortal(city);
  await city.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = city.app.server.address() as AddressInfo;
  const content = Buffer.concat([jpeg, Buffer.alloc(200_000)]);
  const { payload, headers } = multipart(await formFields(city), [{ name: '照片.jpg', content }]);
  const request = { method: 'POST' as const, url: '/v1/portal/portal/messages', headers, payload };
  t.equal(await send(port, request, { manner: 'half' }), 'half');
  await until(async () => city.logs.some((line) => line.includes('aborted by the client')));
  t.same(await city.rows('select 1 from messages'), []);
  t.match(await send(port, request), { status: 201 }, 'sent again it is taken');
  t.notMatch(city.logs.join('\n'), /database is not available/);
});
