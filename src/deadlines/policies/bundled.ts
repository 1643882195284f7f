import type { Policy } from '../policy.schema.ts';
import { readPolicy } from '../policy-check.ts';
import baoshan from './baoshan.json' with { type: 'json' };
import beijing from './beijing.json' with { type: 'json' };
import gaoyou from './gaoyou.json' with { type: 'json' };
import kunmingHotline from './kunming-hotline.json' with { type: 'json' };
import kunmingPetition from './kunming-petition.json' with { type: 'json' };
import nationalPetition from './national-petition.json' with { type: 'json' };
import yuanling from './yuanling.json' with { type: 'json' };

/** The policies that come with the service, for seeding. Each rule names its source, or says that it is ours. */
export function bundledPolicies(): Policy[] {
  return [kunmingHotline, gaoyou, baoshan, yuanling, kunmingPetition, nationalPetition, beijing].map(readPolicy);
}
