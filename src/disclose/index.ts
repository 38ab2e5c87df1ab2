export { disclose } from './disclose.ts';
export { PROFILES, type Profile, profileOf } from './profiles.ts';
export { isReleased, type Released } from './released.ts';
