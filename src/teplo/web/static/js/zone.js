// @ts-check
// The browser knows its time zone; the form takes it along, and the first questions are guessed anew from it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
document.querySelectorAll("input[data-timezone]").forEach((field) => {
  /** @type {HTMLInputElement} */ (field).value = zone;
});

/** Ask the page for its questions again; what was typed as the city stays. @param {string} country */
const guessAnew = async (country) => {
  const asked = new URL(location.href);
  asked.search = new URLSearchParams({ timezone: zone, ...(country && { country }) }).toString();
  const answer = await fetch(asked, { credentials: "same-origin" });
  const before = document.querySelector("[data-questions]");
  if (!answer.ok || !before) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-questions]");
  if (!fresh) return;
  const typed = /** @type {HTMLInputElement | null} */ (before.querySelector("[name=city][data-typed]"));
  const language = /** @type {HTMLSelectElement | null} */ (before.querySelector("[name=language]"));
  const city = /** @type {HTMLInputElement | null} */ (fresh.querySelector("[name=city]"));
  const spoken = /** @type {HTMLSelectElement | null} */ (fresh.querySelector("[name=language]"));
  if (typed && city) {
    city.value = typed.value;
    city.dataset.typed = "";
  }
  if (language && spoken) spoken.value = language.value;
  before.replaceWith(fresh);
};

document.addEventListener("input", (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  if (field.matches("[data-questions] [name=city]")) field.dataset.typed = "";
});
document.addEventListener("change", (event) => {
  const field = /** @type {HTMLSelectElement} */ (event.target);
  if (field.matches("[data-questions] [name=country]")) guessAnew(field.value);
});
const questions = document.querySelector("[data-questions]");
if (questions && zone && !questions.querySelector(".errors, [aria-invalid=true]")) guessAnew("");
