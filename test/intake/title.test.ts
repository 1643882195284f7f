import fc from 'fast-check';
import { phone } from '../../src/channels/phone/phone.channel.ts';
import { prepareMessage } from '../../src/intake/prepare.ts';
import { createKeyRing } from '../../src/platform/access/key-ring.ts';
import t from '../support/tap.ts';

const keyRing = createKeyRing(`k1:${Buffer.alloc(32, 1).toString('base64')}`);
const secrets = ['13812345678', '530102199001011234', 'wangxiaoming@example.com'];

t.test('a title made of the text holds no part of a number, wherever the text is cut', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.constantFrom(...secrets), (before, secret) => {
      const body = `${'路'.repeat(before)}请联系${secret}，谢谢`;
      const { title } = prepareMessage(keyRing, phone, { source: '12345', externalId: 'x', body }, 'key:test', null);
      for (let length = 5; length <= secret.length; length++) {
        if (title.includes(secret.slice(0, length))) return false;
      }
      return true;
    }),
    { numRuns: 200 },
  );
  t.pass();
});
