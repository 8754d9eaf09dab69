/**
 * What smb.conf can carry. It has no way to quote: a value ends with its line, `%` begins a substitution, a backslash at
 * the end takes the next line in, and runs of spaces become one.
 */

export function isPlainText(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}%]|\\\s*$/u.test(text);
}

/** Text that arrives in Samba as it is, to the last space. */
export function isExactText(text: string): boolean {
  return isPlainText(text) && text !== '' && !/^\s|\s\s|[^\S ]|\s$/u.test(text) && !/^["']|["']$/.test(text);
}

export function isAccountName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9._-]{0,31}$/.test(text);
}
