/** The tenant of everything, until there are several. Every table has it in its keys already. */
export const defaultTenant = 'default';
