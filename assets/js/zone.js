// Offers the browser's own time zone where a zone is chosen for the first time.
export function start(select) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...select.options].some(({ value }) => value === zone);
  if (known) select.value = zone;
}
