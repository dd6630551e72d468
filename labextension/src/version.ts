import { version } from '../package.json';

/** The version of this front end. */
export const VERSION: string = version;
