import type { Policy } from '../policy.schema.ts';
import { readPolicy } from '../policy-check.ts';
import kunmingHotline from './kunming-hotline.json' with { type: 'json' };

/**
 * The policies that come with the service, for seeding. `kunming-hotline`: forwarding before 17:00 on the same day, later
 * by 10:00 of the next (domain.md S3-19, S3-20); receipts by 10:00 (design.md §6). Where the source is silent the numbers
 * are ours: office hours, sign and resolve, returns, all ladders.
 */
export function bundledPolicies(): Policy[] {
  return [readPolicy(kunmingHotline)];
}
