/** The environment of the system's programs that are asked: wipefs, nvme, smartctl. */

/**
 * They are in sbin folders, which a user's PATH often lacks; and what they say is parsed, so it is said in no user's
 * language.
 */
export function systemEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
}
