// The browser knows its time zone; the form takes it along.
document.querySelectorAll("input[data-timezone]").forEach((field) => {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
});
