import type { MessageAnswer } from '../../src/intake/message.schema.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
let count = 0;
const post = () => {
  count += 1;
  return city.post('phone', {
    body: '路灯不亮，请派人来修',
    sender: { phone: `137${String(count).padStart(8, '0')}` },
  });
};

t.test(
  'connections cut under load, with a long poll open: refusals are 503, nothing is lost, the process stays',
  async (t) => {
    const poll = city.call('GET', '/v1/departments/housing/feed?wait=5');
    const written: MessageAnswer[] = [];
    const loops = Array.from({ length: 8 }, async () => {
      for (let round = 0; round < 25; round++) {
        const { status, body } = await post();
        if (status === 201) written.push(body);
        else t.equal(status, 503);
      }
    });
    for (let cut = 0; cut < 10; cut++) {
      await city.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'minsheng' and pid <> pg_backend_pid()",
      );
      await post();
    }
    await Promise.all(loops);
    // Its connection may have been cut like any other; it is answered all the same.
    t.ok([200, 503].includes((await poll).status));
    for (let left = 20; (await post()).status !== 201; left--) if (left === 0) t.fail('the pool did not recover');
    for (const { appealId } of written) t.equal((await city.appeal(appealId)).id, appealId);
  },
);
