// The preferences page with JavaScript: a live preview, the days only when they count, the browser's time zone.
"use strict";
(() => {
  const form = document.querySelector("[data-wishes]");
  if (!form) return;

  const days = form.querySelector("[data-days]");
  const showDays = () => {
    const cadence = form.elements.cadence.value;
    days.hidden = cadence !== "days" && cadence !== "weekly";
  };

  const button = form.querySelector("[data-preview-button]");
  let waiting;
  const preview = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => form.requestSubmit(button), 400);
  };

  const hint = form.querySelector("[data-browser-zone]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const select = form.elements.timezone;
  const offerZone = () => {
    const text = hint.querySelector("[data-text]");
    text.textContent = text.dataset.text.replace("{zone}", zone);
    hint.hidden = select.value === zone || ![...select.options].some((option) => option.value === zone);
  };
  hint.querySelector("button").addEventListener("click", () => {
    select.value = zone;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    select.focus();
  });

  form.addEventListener("change", () => {
    showDays();
    offerZone();
    if (button) preview();
  });
  showDays();
  offerZone();
  if (button) {
    button.hidden = true;
    preview();
  }
})();
